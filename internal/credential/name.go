// Package credential knows by the name of a setting whether its value is confidential: begin with [Named]. The runtime's guard
// looks for confidential values in files by it, and the generator warns of declarations that call a credential a setting.
package credential

import (
	"regexp"
	"slices"
	"sync"
)

// The names of settings, parameters and headers have these in them, where what they name is confidential, or is known to
// everybody, or is no secret itself but only says something of one. Some say what it is whatever else is in the name.
var (
	secretNames = anyOf(
		`pass[_. -]?(?:w(?:or)?d|phrase|wd|code)|pwd|pass?word|pw\d*$|(?:^|[_. -])(?:pword|pswd?|passw|psswd|mdp|puk)\d*$`,
		`(?:^|[_. -]|db|user|root|admin|my|smtp|mail|ftp|ssh|bind|http|redis|sql|pg|login|web|proxy|wifi|sudo|svc|store)pass\d*$|(?-i:[a-z]Pass\d*$)`,
		`secret|token|credential|creds?$|private|bearer|cookie|jwt|webhook|c?x?srf|hmac|unseal|mnemonic|verifier$|assertion$|saml_?(?:response|request)|ticket$`,
		`key(?:s|data|value)?(?:$|[_. -])|(?:[_. -]|api|access|secret)key\d+$`,
		`auth(?:$|[_. -]|orization$|key|token|code|pin|data|string)|signature|conn(?:ection)?[_. -]?str(?:ing)?$`,
		`seed[_. -]?(?:phrase|words?)|(?:recovery|backup|scratch|security|reset|verification|activation|unlock|pin|device|access|invite)[_. -]?(?:codes?|phrase|words?|answers?)$`,
		`(?:^|[_. -])(?:sas|sig|dsn|[th]?otp|pin|psk|code|session|sid|pat\d*|seed|refresh|salts?|pepper|community(?:[_. -]?string)?)$|(?:gh|git|github|gitlab|azure|ado|devops)pat$|(?-i:[a-z](?:PAT|Pat|Otp|OTP|Pin|Sig|Seed)$)`,
		// German, Spanish, French, Portuguese, Dutch, Swedish, Danish, Norwegian, Finnish, Polish, Czech, Hungarian, Italian, Turkish, Croatian
		`passwor[td]|kennwort|contrase(?:[nñ]|ni)a|(?:^|[_. -])(?:clave|parola?|salasana|lozinka|geslo)(?:$|[_. -])|mot[_. -]?de[_. -]?passe|motdepasse|senha|wachtwoord|l(?:ö|o|oe)senord|adgangskode|passord|has(?:ł|l)o|heslo|jelsz(?:ó|o)|(?:ş|s)ifre`,
		`парол|секрет|密码|密碼|口令|密钥|パスワード|비밀번호|암호`,
	)
	publicNames = lazily(`(?i)cert|public|pub_?key|x5[ct]|fingerprint|thumbprint|checksum|digest|sha_?\d+|` +
		`^kid$|(?:token|auth)[_. -]?ur[il]$|(?:^|[_. -])(?:arn|region)$|(?:^|[_. -])(?:client|tenant|project|account|subscription|private_key|app|application|org|organization|directory)[_. -]?id$`)
	namesOfMore = lazily(`(?i)(?:(?:[_. -]|key|client|user|token|project)id|name|type|method|file|path|ref|alg(?:orithm)?|scope)s?(?:[_-]\d+)?$|` +
		`(?:host|server|addr(?:ess)?|endpoint|domain|region|source|kind|provider|store|helper|process|size|length|count|usage|_ops|version|format|header|mode|realm|derivation)$|exp(?:iry|ires|iration)?(?:[_-]?(?:in|at))?$`)
	secretAnyway = lazily(`(?i)(?:pass[_. -]?(?:word|wd|phrase|code)|pwd|secret|private[_. -]?key|(?:[_. -]|cert|pfx)pass)\d*$|(?:sess(?:ion)?|secret)[_. -]?id$`)
)

// anyOf reports whether one of several expressions is in a text, in letters of either case. Together they would be matched by
// a slower machine.
func anyOf(expressions ...string) func(text string) bool {
	lazy := make([]func() *regexp.Regexp, len(expressions))
	for i, expression := range expressions {
		lazy[i] = lazily("(?i)" + expression)
	}
	return func(text string) bool {
		return slices.ContainsFunc(lazy, func(expression func() *regexp.Regexp) bool { return expression().MatchString(text) })
	}
}

// longestName is how long a name is at most: what is longer names nothing.
const longestName = 64

// Named reports whether what has this name is confidential.
func Named(name string) bool {
	switch {
	case len(name) > longestName:
		return false
	case secretAnyway().MatchString(name):
		return true
	}
	return secretNames(name) && !publicNames().MatchString(name) && !namesOfMore().MatchString(name)
}

// Public reports whether what has this name is known to everybody.
func Public(name string) bool {
	return publicNames().MatchString(name) && !secretAnyway().MatchString(name)
}

// About reports whether what has this name is no secret itself but only says something of one, such as where it is.
func About(name string) bool { return namesOfMore().MatchString(name) }

// lazily compiles an expression when it is first needed: most programs need none of them.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
