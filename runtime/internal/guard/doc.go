// Package guard masks secrets in what leaves the process.
//
// Begin with [Guard]. It is told every value that is handed out, and sits around whatever leaves:
//
//	var g guard.Guard
//	g.Learn("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk_live_")
//	stdout := g.Writer(os.Stdout)  // lines of JSON-RPC
//	handler := g.Handler(mcp)      // streamable HTTP
//	text := g.Text(err.Error())    // anything else
//
// Then read the files in this order: piece.go (what of a value is confidential, by shape
// in token.go, address.go, document.go and vendor.go), block.go (what is looked for), table.go (how
// it is found), view.go, escape.go, encoding.go and dump.go (how encodings are undone), search.go (what is masked),
// message.go and json.go (where in a message), writer.go, handler.go and event.go.
//
// # What is promised
//
//   - A value is masked as it is and as part of anything in base64 (both alphabets), in hexadecimal (lower or upper
//     case), with escapes of JSON, URLs or HTML, each of them in several layers (up to eight in a text).
//   - The first eight characters of a value, beyond the public prefix, are enough; and so is every later block of it (see
//     block.go; of a key with digits, about every eight characters). So a fragment of 31 characters is found wherever it is
//     from, and most of sixteen of such a key. The whole token around them goes.
//   - Of a value of one line, that is so too where it was escaped for JSON, a form or HTML before it was put in base64 or
//     hexadecimal.
//   - The contents of one result are masked as one text; see parts.go.
//   - Only strings, numbers and keys are masked. The result is valid JSON. Ids, methods and the keys of the protocol stay;
//     other keys go only if they hold a value whole or encoded.
//   - What has no known value in it leaves byte for byte as it is.
//   - A guess learns nothing by being nearly right. A tool that returns its argument masks a guess of eight characters
//     only when all of them are right, and shows nothing of what follows them, be it right or wrong. Nor does the time
//     tell: until a whole block is right, the same steps are taken as for any other text.
//   - A text takes time in proportion to its length. What hides in so many encodings, one in the other, that it would
//     take more is masked unseen. Nobody who masks or learns waits for somebody else's long text.
//
// # What a guard can't do
//
//   - Stop the guessing of a value that is not random: whoever has some thousands of likely passwords may try them all.
//     A guess of the first eight characters is answered, as is one of a whole later block. Who knows all of a block but
//     one character, say from elsewhere, finds that one; at the next block all is unknown again.
//   - See a value in what a tool made of it otherwise: reversed, encrypted, compressed, in capitals, with spaces, twice in
//     base64, one character at a time, or split into parts that have no whole block over several results, or over a list in
//     structured content.
//   - See an escaped value that follows a backslash, a per cent sign or an ampersand at once, if that makes another escape of
//     its first characters.
//   - Guard values of less than eight confidential characters, which can't be told from ordinary text: see [Guards].
//   - Guard what is public in a value. Of a URL or DSN it guards the password, a user that is a token, parameters whose
//     names say that they are secret, and parts of the path that are no words; of a JWT the signature, and with it the
//     token; of a file private keys, the values of settings whose names say that they are secret, and what looks random.
//     Certificates, hosts and the words that such files share are left alone. Where a value has nothing of that kind in it,
//     all of it counts, but for a URL of usual words only, and a file whose settings are all public: see piece.go.
//   - Look at more than the first 256 KB of a value, or for more than 64 KB of it: of a longer file it looks for the
//     beginning of each line.
//   - Know that "password" is a word: a value that begins with an ordinary word of eight letters masks that word, and if
//     the value has spaces or quotes in it, the line around the word.
//   - Forget. A value is masked until the process ends, and takes some kilobytes (a private key some hundred).
package guard
