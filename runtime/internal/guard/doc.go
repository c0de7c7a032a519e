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
// Then read the files in this order: piece.go (what of a value is confidential, by shape in token.go, address.go,
// document.go and vendor.go), block.go (what is looked for), overlap.go (pieces within pieces), extent.go and
// written.go (what of a text is known already), table.go (how blocks are found), view.go, escape.go, quoted.go,
// encoding.go and dump.go (how encodings are undone), search.go (what is masked), message.go, json.go and protocol.go
// (where in a message), writer.go, handler.go and event.go.
//
// # What is promised
//
//   - A value is masked as it is and in other writings, each in several layers (up to eight), one in the other: escapes of
//     JSON, of programs (\x41, \101, \41, \u{41}, \U00000041, a backslash before a mark), of URLs (%41, %u0041), HTML (&#65;
//     also without its semicolon, &quot;) and quoted-printable (=41, and the words of a header in it or in base64); quotes
//     as shells, SQL, YAML and CSV double them; with what nobody sees between its characters: what Unicode says is ignored
//     by default, control characters but U+001E, zeros (UTF-16 of ASCII), colors and whatever else a terminal is told; in
//     full-width letters; and with no-break, thin and other spaces for the usual one.
//   - So it is as part of anything in base64 (both alphabets, also in lines, also twice), base32 (both alphabets; of the
//     second, base32hex, only what stands alone), hexadecimal (in a row, with marks between, with 0x), decimal numbers (%v
//     of bytes, lists in JSON, also each with its index) or dumps of bytes, octal or words, as xxd, hexdump, od, tcpdump,
//     Wireshark and gdb write them. All of that goes.
//   - The first eight characters of a value, beyond the public prefix, are enough, but where another known value begins
//     within them: then they alone are not, but all of the value is. So is every later block of it (see block.go; of a key
//     with digits, mostly eight characters). So a fragment of 31 characters is found wherever it is from, and most of
//     sixteen of such a key. The whole token around them goes.
//   - The contents of one result are masked as one text: see [Guard.Parts] and walker.
//   - Only strings, numbers and keys are masked. The result is valid JSON. Ids, methods and the keys of the protocol stay;
//     other keys go only if they hold a value whole or encoded, or, from 31 characters on, a block of it that is later than
//     a short first one.
//   - What has no known value in it leaves byte for byte as it is. Beside a value, so does what only looks as if it were encoded
//     with it: a name before "=", a sentence on the line behind base64 or a list of bytes.
//   - A guess learns nothing by being nearly right. A tool that returns its argument masks a guess of eight characters
//     only when all of them are right, and shows nothing of what follows them, be it right or wrong. Nor does the time
//     tell: until a whole block is right, the same steps are taken as for any other text.
//   - Nor does it learn by what stands beside a value in a text that is learned for a while: what was learned before is
//     taken out first, with all that encodes it, and no block has a character of it. See [Guard.LearnForAWhile].
//   - A text takes time in proportion to its length. What hides in so many encodings, one in the other, that it would
//     take more is masked unseen. Nobody who masks or learns waits for somebody else's long text.
//
// # What a guard can't do
//
//   - Stop the guessing of a value that is not random: whoever has some thousands of likely passwords may try them all.
//     A guess of the first eight characters is answered, as is one of a whole later block. Who knows all of a block but
//     one character, say from elsewhere, finds that one; at the next block all is unknown again.
//   - See a value in what a tool made of it otherwise: reversed, encrypted, compressed, in capitals, with spaces, line ends, marks
//     or tags between its characters, with line ends for its spaces, one character at a time, in UTF-16 if it is not ASCII, in
//     bits, in arrays of PHP or bash and other lists of bytes with other marks than `\,;:.+_|-"'` between them, as chr(52) or 0o64,
//     uuencoded, in base58, base85, Crockford's base32 or base64 three times, with escapes in base64 of what is no text otherwise,
//     or split into parts that have no whole block over several results, or over a list in structured content.
//   - See an escaped value that follows a backslash, a per cent sign or an ampersand at once, if that makes another escape
//     of its first characters (a text that is learned for a while is searched for values of up to 48 bytes as Go and JavaScript write
//     them; longer ones have later blocks, and the token around one is not learned); nor less than 31 characters of one that is
//     escaped and has what looks like an escape itself.
//   - See a short password of which marks among the first eight characters are doubled, as $$, %%, {{ and }} are in settings and
//     format strings, or escaped with a backtick or a caret.
//   - See the rest of a value, shorter than a block, behind a line end that quoted-printable hides where nothing else says that it
//     does, or on the last of two lines of base64 where a sentence goes on in that.
//   - Cut alike what several values share, if that is shorter than two blocks, or a login that is in base64 twice and its
//     text: of one block, a few characters may be known from another.
//   - Keep a text that was made of a value from being guessed where an attacker chooses what stands before it, and the text
//     is none of those values itself: learn the confidential part alone. What is encoded together with a value that is known
//     is not looked for otherwise.
//   - Guard values of less than eight confidential characters, which can't be told from ordinary text: see [Guards].
//   - Guard what is public in a value. Of a URL or DSN it guards the password, a user that is a token, parameters whose
//     names say that they are secret, and parts of the path that are no words; of a JWT the signature, and with it the
//     token; of a file private keys, the values of settings whose names say that they are secret, and what looks random.
//     Certificates, public keys, hosts, ids of accounts and the words that such files share are left alone. Where a value
//     has nothing of that kind in it, all of it counts, but for a URL of usual words only, and a file whose settings are all
//     public: see piece.go.
//   - Look at more than the first 256 KB of a value, or for more than 64 KB of it: of a longer file it looks for the
//     beginning of each line.
//   - Know "ab_" and sixteen letters and digits from a service's key: only what follows the words is looked for in a password that
//     begins so.
//   - Know that "password" is a word: a value that begins with an ordinary word of eight letters masks that word, and if
//     the value has spaces or quotes in it, the line around the word.
//   - Forget. A value is masked until the process ends. Its table takes up to 4 KB for one of up to 64 characters, mostly
//     two, and up to 32 bytes for each byte of a longer one.
package guard
