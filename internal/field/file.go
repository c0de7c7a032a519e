package field

import (
	"slices"
	"strconv"
)

// fileProblems are those of the path of a file, and then of its content.
func (f Field) fileProblems() []*Problem {
	problems := []*Problem{{Kind: NotPath}, {Kind: NoFile}}
	if f.Confidential() {
		problems = append(problems, &Problem{Kind: OpenFile})
	}
	problems = append(problems, &Problem{Kind: LargeFile, Want: strconv.Itoa(MaxSize)})
	return append(problems, slices.DeleteFunc(f.Content().Problems(), func(p *Problem) bool { return p.Kind == TooBig || p.Kind == Empty })...)
}
