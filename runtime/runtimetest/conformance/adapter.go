package conformance

import (
	"context"
	"net/http"
	"os"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// An Adapter is what the tests have to know of one.
type Adapter struct {
	// New returns a server that uses the secrets of m and has these features. It can send log messages.
	New func(m *secrets.Manager, features []Feature) Server
	// ResourceRounds says that the SDK lets a resource be answered with an input request, on revision 2026-07-28. Where it does
	// not, a resource needs a live grant, or the native dialog is asked.
	ResourceRounds bool
	// ChecksArguments says that the SDK compares a call's arguments with the tool's schema, and refuses others in words of its
	// own.
	ChecksArguments bool
	// MasksAll says that the adapter masks all that a server sends wherever it serves, and not only by its own functions.
	MasksAll bool
	// Tasks says that the SDK runs tools as tasks. The tool "wait" can be one.
	Tasks bool
}

// A Server is one that an [Adapter] has made. Its methods are called by the tests.
type Server interface {
	// ServeStdio is the adapter's function of that name.
	ServeStdio() error
	// HTTPHandler returns the adapter's HTTP handler. In front of it stands what a server's author would put there: a request
	// with a bearer token belongs to the principal that named returns for it, and one without a token to nobody.
	HTTPHandler(named func(token string) string) http.Handler
	// BareHTTPHandler is HTTPHandler with the SDK's own handler in place of the adapter's.
	BareHTTPHandler(named func(token string) string) http.Handler
	// Transport returns what a client in this process connects by. It is for one client.
	Transport() sdk.Transport
	// AddTools adds the adapter's own tools.
	AddTools()
	// Log sends a log message to the client whose request ctx is of, with the level "error".
	Log(ctx context.Context, data any) error
	// Progress tells that client how its request fares.
	Progress(ctx context.Context, token, message string) error
}

// A Feature is a tool, a prompt or a resource of a server.
type Feature struct {
	Kind string // "tool", "prompt" or "resource"
	Name string // or the URI of a resource
	// Get is declared to be needed: the handler is made by the adapter's function Tool, Prompt or Resource. It is nil for a
	// handler that the SDK gets as it is.
	Get    func(context.Context, secrets.Reason) (any, error)
	Reason secrets.Reason
	// Accounts says that a tool takes the adapter's argument for an account, which the context of Handle then means.
	Accounts bool
	// Handle returns a result that is, as JSON, the one of the MCP specification, or a [Broken]. got is what Get returned.
	Handle func(ctx context.Context, arguments map[string]any, got any) (result any, err error)
}

// A Broken is a tool's result that can't become JSON. It says what of it can't: "structure", "content", "priority" (of a content),
// "meta", "data" (of an error).
type Broken string

// TestAdapter tests an adapter. As it starts its own test again, as a server in a process of its own, it must be called by a
// test of the first level, which does nothing before.
func TestAdapter(t *testing.T, a Adapter) {
	s := suite{a}
	if world := os.Getenv(serverProcess); world != "" {
		os.Exit(s.serve(world))
	}
	for _, test := range s.tests() {
		t.Run(test.name, test.run)
	}
}

// A suite is the tests of one adapter.
type suite struct{ Adapter }

type namedTest struct {
	name string
	run  func(*testing.T)
}

func (s suite) tests() []namedTest {
	return append([]namedTest{
		// What the client's answers mean.
		{"AnswersToAQuestion", s.answersToAQuestion},
		{"AnswersToTheCodes", s.answersToTheCodes},
		{"RefusalIsNotAskedAgain", s.refusalIsNotAskedAgain},
		{"NoAnswerInPlace", s.noAnswerInPlace},
		{"NoAnswerToTheCodes", s.noAnswerToTheCodes},
		{"NoAnswerToAnInputRequest", s.noAnswerToAnInputRequest},
		{"NoAnswerWhileToolsAlternate", s.noAnswerWhileToolsAlternate},
		{"NoAnswerInAnySessionOfTheProcess", s.noAnswerInAnySessionOfTheProcess},
		{"ClientThatDropsTheInputRequest", s.clientThatDropsTheInputRequest},
		{"SameRequestTwiceAtATime", s.sameRequestTwiceAtATime},
		{"CodesThatDifferLater", s.codesThatDifferLater},
		{"ValueThatTakesLong", s.valueThatTakesLong},
		{"ClientWithoutForms", s.clientWithoutForms},
		{"DialogPermissionIsNeverAskedInTheClient", s.dialogPermissionIsNeverAskedInTheClient},

		// What becomes of a call that its client gives up.
		{"CancelledCallClosesItsDialog", s.cancelledCallClosesItsDialog},
		{"AnswerToACancelledCall", s.answerToACancelledCall},
		{"UnfetchedAllowIsForTheSameArguments", s.unfetchedAllowIsForTheSameArguments},
		{"SessionReleasesAllArguments", s.sessionReleasesAllArguments},
		{"CancelledCallLeavesTheWindowForAValue", s.cancelledCallLeavesTheWindowForAValue},
		{"CodesThatDifferAreAnAttack", s.codesThatDifferAreAnAttack},

		// Windows that can't open.
		{"WindowThatCanNotOpenIsNotAnnounced", s.windowThatCanNotOpenIsNotAnnounced},
		{"NobodyTypesWhatCanNotBeStored", s.nobodyTypesWhatCanNotBeStored},
		{"WindowThatFailsEndsTheCall", s.windowThatFailsEndsTheCall},
		{"WindowThatWaitsForItsTurnIsNotAnnounced", s.windowThatWaitsForItsTurnIsNotAnnounced},
		{"UseThatIsAllowedBeforehand", s.useThatIsAllowedBeforehand},

		// Alternatives.
		{"AlternativeIsChosenThenAskedFor", s.alternativeIsChosenThenAskedFor},
		{"AlternativeIsStoredWholeOrNot", s.alternativeIsStoredWholeOrNot},

		// What is only sent.
		{"SentKeyIsAskedForOnce", s.sentKeyIsAskedForOnce},
		{"SentKeyByAGrant", s.sentKeyByAGrant},
		{"SentKeyIsRefused", s.sentKeyIsRefused},
		{"SentKeyOutsideAnyCall", s.sentKeyOutsideAnyCall},
		{"SentKeyIsRejected", s.sentKeyIsRejected},
		{"SentKeyWithoutForms", s.sentKeyWithoutForms},

		// What a client can send back.
		{"HandlesThatDoNotCount", s.handlesThatDoNotCount},
		{"HandleSurvivesItsTheft", s.handleSurvivesItsTheft},
		{"HandleExpires", s.handleExpires},
		{"HandleOfTheSameArguments", s.handleOfTheSameArguments},
		{"AnswerToAnotherQuestion", s.answerToAnotherQuestion},
		{"AnswersOfAnotherEra", s.answersOfAnotherEra},
		{"OnceLastsForAllRounds", s.onceLastsForAllRounds},
		{"HandlerThatSwallowsPending", s.handlerThatSwallowsPending},
		{"EarlierRoundsEndWithTheHandle", s.earlierRoundsEndWithTheHandle},

		// Whom a call belongs to.
		{"PrincipalsShareNoGrant", s.principalsShareNoGrant},
		{"PrincipalsAreApart", s.principalsAreApart},
		{"PrincipalsShareConnections", s.principalsShareConnections},
		{"PrincipalIsTheRequests", s.principalIsTheRequests},
		{"AnswerOfAnotherPrincipal", s.answerOfAnotherPrincipal},
		{"SessionOfAnotherPrincipal", s.sessionOfAnotherPrincipal},
		{"CallerWithoutPrincipal", s.callerWithoutPrincipal},
		{"NoGrantWithoutPrincipal", s.noGrantWithoutPrincipal},
		{"PrincipalIsNamed", s.principalIsNamed},
		{"NoGrantOfAPrincipalByDialog", s.noGrantOfAPrincipalByDialog},
		{"CallerByAUnixSocket", s.callerByAUnixSocket},
		{"CallerFromElsewhere", s.callerFromElsewhere},
		{"EmptyPrincipalIsNobody", s.emptyPrincipalIsNobody},
		{"AnotherHandlerThanTheAdapters", s.anotherHandlerThanTheAdapters},
		{"ContextsThatAreMadeUp", s.contextsThatAreMadeUp},
		{"GetterOutsideAnyCall", s.getterOutsideAnyCall},

		// What leaves.
		{"NothingThatLeavesHasTheKey", s.nothingThatLeavesHasTheKey},
		{"ResultsInTheProcessAreMasked", s.resultsInTheProcessAreMasked},
		{"UnguardedIsLoggedOnce", s.unguardedIsLoggedOnce},
		{"ResultsAreMaskedOnce", s.resultsAreMaskedOnce},
		{"WhatIsNoJSONIsAnError", s.whatIsNoJSONIsAnError},
		{"Prompt", s.prompt},
		{"PromptRefused", s.promptRefused},
		{"Resource", s.resource},
		{"Audit", s.audit},
		{"AuditOfCodesThatWereNotCompared", s.auditOfCodesThatWereNotCompared},

		// The adapter's own tools.
		{"StatusToolTellsNamesOnly", s.statusToolTellsNamesOnly},
		{"SetToolAsksTheUser", s.setToolAsksTheUser},
		{"ForgetToolNeedsTheUsersWordInADialog", s.forgetToolNeedsTheUsersWordInADialog},
		{"RefusedToolAsksForNoOtherSecret", s.refusedToolAsksForNoOtherSecret},
		{"ToolsRefuseOtherNames", s.toolsRefuseOtherNames},
		{"AccountArgumentHasTheNamesThatExist", s.accountArgumentHasTheNamesThatExist},
		{"AccountArgumentTellsStrangersNothing", s.accountArgumentTellsStrangersNothing},
		{"ToolsAreAboutOneAccount", s.toolsAreAboutOneAccount},

		// Many calls at a time, and the end of a server.
		{"FiftyCallsMissTheSameSecret", s.fiftyCallsMissTheSameSecret},
		{"ServerAnswersWhileCallsWait", s.serverAnswersWhileCallsWait},
		{"ServerEndsInEachPhase", s.serverEndsInEachPhase},
		{"ServerClearsAtItsStart", s.serverClearsAtItsStart},
	}, s.desktopTests()...)
}
