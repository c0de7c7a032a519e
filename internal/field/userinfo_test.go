package field

import "testing"

// A password with a reserved character never moves the host.
func TestUserInfoThatIsCut(t *testing.T) {
	dsn := Field{Type: URL, UserInfo: true}
	checkTricky(t, dsn, []trickyText{
		{"https://app:p@s#s@db.example.com/x", NotEncoded, "an @ and a #"},
		{"https://app:12/34@db.example.com/x", NotEncoded, "a number and a /, which looks like a port"},
		{"https://app:/@db.example.com/x", NotEncoded, "a / alone"},
		{"https://app:p/s@db.example.com", NotEncoded, "a /"},
		{"https://app:p?s@db.example.com", NotEncoded, "a ?"},
		{"https://app:p#s@db.example.com", NotEncoded, "a #"},
		{"https://app:12?34@db.example.com", NotEncoded, "a number and a ?"},
		{"https://app:12#34@db.example.com", NotEncoded, "a number and a #"},
		{"https://app:p@s@db.example.com", NotEncoded, "an @"},
		{"https://app:p@@db.example.com", NotEncoded, "an @ at the end"},
		{"https://app:@p@db.example.com", NotEncoded, "an @ at the beginning"},
		{"https://app:p@s/x@db.example.com", NotEncoded, "an @ and a /"},
		{"https://app:p@db.example.com/@db.example.org", NotEncoded, "all before the last @ may be the password"},
		{"https://ann@example.org:pw@db.example.com", NotEncoded, "an @ in the user's name"},
		{"https://a/b:pw@db.example.com", NotEncoded, "a / in the user's name"},
		{"https://to/ken@db.example.com", NotEncoded, "no password"},
		{"https://app:12/34@db:5432/x", NotEncoded, "a host without a dot"},
		{"https://app:12/34@10.0.0.5/x", NotEncoded, "an address"},
		{"https://app:12/34@[::1]/x", NotEncoded, "an address in brackets"},
		{"https://app:100%@db.example.com", NotEncoded, "a %"},
		{"https://app:100%zz@db.example.com", NotEncoded, "a % and letters"},
		{"https://app:p s@db.example.com", NotEncoded, "a space"},
		{"https://app:p[s@db.example.com", NotEncoded, "a bracket"},
		{"https://app:p\\s@db.example.com", NotEncoded, "a backslash"},
		{"https://app:p^s\"@db.example.com", NotEncoded, "no character of a URL"},
		{"https://app:pä@db.example.com", NotEncoded, "no ASCII"},
		{"https://example.com/@user", NotEncoded, "a user name with a /, for all we know"},
		{"https://db.example.com/?mail=a@b.example", NotEncoded, "the same with a ?"},
		{"https://app:pw@db.example.com/a b%40c", NotEncoded, "written anew, with an @"},

		{"https://app:p%40s%23s@db.example.com/x", "", "encoded"},
		{"https://app:p%2Fs%3f@db.example.com/x?user=a%40b", "", "encoded, in either case"},
		{"https://app:a:b@db.example.com", "", "RFC 3986, 3.2.1: userinfo may have a colon"},
		{"https://app:!$&'()*+,;=-._~@db.example.com", "", "all that needs no encoding"},
		{"https://app@db.example.com", "", "no password"},
		{"https://:pw@db.example.com", "", "no user name"},
		{"https://db.example.com:5432/x?sslmode=require#f", "", "no user information"},
		{"https://app:pw@/x", NotURL, "no host"},
	})
	checkTricky(t, Field{Type: URL}, []trickyText{
		{"https://app:12/34@db.example.com/x", HasUserInfo, "a number and a /"},
		{"https://app:12/34@db/x", HasUserInfo, "a host without a dot"},
		{"https://app:12/@db.example.com/x", HasUserInfo, "a / at the end"},
		{"https://app:12?34@db.example.com", HasUserInfo, "a ?"},
		{"https://app:12#34@10.0.0.5:80", HasUserInfo, "a #, and an address"},
		{"https://app:p#s@db.example.com", HasUserInfo, "no port"},
		{"https://app:/s@db.example.com", HasUserInfo, "no port at all"},
		{"https://app:0/s@db.example.com", HasUserInfo, "port 0"},
		{"https://app:p@s#s@db.example.com", HasUserInfo, "an @ before the host as well"},
		{"https://app:1/@s/@db.example.com", HasUserInfo, "several @"},

		{"https://medium.com/@user", "", "a user's page"},
		{"https://packages.example.com/@scope/pkg", "", "a package's scope"},
		{"https://unpkg.com/pkg@1.2.3/a.js", "", "a version"},
		{"https://mastodon.example/@ann@example.org", "", "a user elsewhere"},
		{"https://example.com/users/ann@example.org", "", "an address in a path"},
		{"https://example.com/?mail=ann@example.org#@x", "", "an address in a query"},
		{"https://example.com:8443/?mail=ann@example.org", "", "a host with a dot and a port"},
		{"http://localhost:3000/users/ann@example.org", "", "this computer and a port"},
		{"http://127.0.0.1:3000/ann@example.org", "", "an address and a port"},
		{"http://[::1]:3000/ann@example.org", "", "an address in brackets and a port"},
		{"http://verdaccio:4873/@types/node", "", "a name without a dot and a port, and a scope"},
		{"http://verdaccio:4873/@types/node@22.1.0", "", "and a version"},
		{"http://web/ann@example.org", "", "a name without a dot or port"},
	})
}
