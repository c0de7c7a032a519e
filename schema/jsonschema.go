package schema

import _ "embed"

// JSONSchema describes the file format for editors, in draft 7, which the YAML extensions of editors know best. It refuses no file
// that the generator accepts. It can't say, and only the generator finds:
//
//   - keys and names that are there twice, and names that stand for nothing: in sent_to, groups and renamed_from;
//   - names that make no Go name, or one that another has;
//   - bounds that contradict each other, a prefix or a type, and a pattern that is no RE2 expression or that no value can match;
//   - a pattern_help without a pattern, or that is no end of a sentence;
//   - a default or an example that breaks the rules of its own secret, or an example that may be somebody's;
//   - how many columns and lines a text takes, piles of accents, two spaces in the server's name, sizes in bytes, characters that
//     no dialog shows, joiners where they join nothing, and a prefix that begins with a space;
//   - a remember that is rounded to nothing; tags, numbers that YAML writes otherwise, and whatever is no YAML.
//
//go:embed secrets.schema.json
var JSONSchema []byte
