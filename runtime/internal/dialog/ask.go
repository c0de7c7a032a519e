package dialog

import "context"

// A Question asks for permission.
type Question struct {
	Title string // not drawn on every desktop: the text must do without it
	Text  string
	// The buttons' labels: not empty, and different from each other. Without
	// AllowForSession there is no such button.
	Allow, AllowForSession, Deny string
}

// An Answer to a [Question]. The zero value is no.
type Answer int

// The three answers.
const (
	Deny Answer = iota
	AllowOnce
	AllowSession
)

// Ask shows the question. With an error the answer is Deny and was nobody's;
// without one it is a person's. Closing the window or pressing Escape counts as
// Deny: the platforms report them alike.
func (n *Native) Ask(ctx context.Context, q Question) (Answer, error) {
	if err := checkShown(q.Text); err != nil {
		return Deny, err
	}
	allow, session, deny := cleanLabel(q.Allow), cleanLabel(q.AllowForSession), cleanLabel(q.Deny)
	// The library tells buttons apart by their labels, and gives an empty one a
	// meaning of its own.
	if allow == "" || deny == "" || allow == deny || session == allow || session == deny ||
		(session == "") != (q.AllowForSession == "") {
		return Deny, failed("the labels of its buttons are empty or alike")
	}
	err := n.question(ctx, window{
		title: q.Title, text: q.Text, ok: allow, extra: session, cancel: deny,
		refuses: true,
	})
	switch err {
	case nil:
		return AllowOnce, nil
	case errExtra:
		if session != "" {
			return AllowSession, nil
		}
		return Deny, failed("it has a button too many")
	case ErrDismissed:
		return Deny, nil
	default:
		return Deny, err
	}
}

// question shows two or three buttons: nil is ok, errExtra is extra, ErrDismissed
// is cancel. The labels are clean already.
func (n *Native) question(ctx context.Context, w window) error {
	w.shape = questionShape
	w.title, w.text = cleanTitle(w.title), cleanText(w.text)
	w.ok, w.extra, w.cancel = quoteLabel(w.ok), quoteLabel(w.extra), quoteLabel(w.cancel)
	_, err := n.show(ctx, w)
	return err
}
