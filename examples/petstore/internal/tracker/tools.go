package tracker

import "net/url"

// An Input is what a tool is called with.
type Input struct{ ID, Name, Text string }

// A Tool is one place that uses a client.
type Tool struct {
	Name string
	Use  func(*Client, Input) (any, error)
}

// Tools are all of them.
var Tools = []Tool{
	{"search", search}, {"get_ticket", getTicket}, {"create_ticket", createTicket}, {"edit_ticket", editTicket},
	{"delete_ticket", deleteTicket}, {"list_comments", listComments}, {"add_comment", addComment}, {"delete_comment", deleteComment},
	{"get_history", getHistory}, {"list_watchers", listWatchers}, {"watch", watch}, {"unwatch", unwatch}, {"assign", assign},
	{"set_status", setStatus}, {"add_label", addLabel}, {"link", link}, {"list_projects", listProjects}, {"list_sprints", listSprints},
	{"find_user", findUser}, {"who_am_i", whoAmI},
}

func search(c *Client, in Input) (any, error) { return c.Find(url.Values{"q": {in.Text}}, "tickets") }

func getTicket(c *Client, in Input) (any, error) { return c.Get("tickets", in.ID) }

func createTicket(c *Client, in Input) (any, error) {
	return c.Add(map[string]string{"title": in.Name, "text": in.Text}, "tickets")
}

func editTicket(c *Client, in Input) (any, error) {
	return c.Change(map[string]string{"text": in.Text}, "tickets", in.ID)
}

func deleteTicket(c *Client, in Input) (any, error) { return c.Remove("tickets", in.ID) }

func listComments(c *Client, in Input) (any, error) { return c.Get("tickets", in.ID, "comments") }

func addComment(c *Client, in Input) (any, error) {
	return c.Add(in.Text, "tickets", in.ID, "comments")
}

func deleteComment(c *Client, in Input) (any, error) {
	return c.Remove("tickets", in.ID, "comments", in.Name)
}

func getHistory(c *Client, in Input) (any, error) { return c.Get("tickets", in.ID, "history") }

func listWatchers(c *Client, in Input) (any, error) { return c.Get("tickets", in.ID, "watchers") }

func watch(c *Client, in Input) (any, error) { return c.Add(in.Name, "tickets", in.ID, "watchers") }

func unwatch(c *Client, in Input) (any, error) {
	return c.Remove("tickets", in.ID, "watchers", in.Name)
}

func assign(c *Client, in Input) (any, error) { return c.Change(in.Name, "tickets", in.ID, "assignee") }

func setStatus(c *Client, in Input) (any, error) {
	return c.Change(in.Name, "tickets", in.ID, "status")
}

func addLabel(c *Client, in Input) (any, error) { return c.Add(in.Name, "tickets", in.ID, "labels") }

func link(c *Client, in Input) (any, error) { return c.Add(in.Name, "tickets", in.ID, "links") }

func listProjects(c *Client, _ Input) (any, error) { return c.Get("projects") }

func listSprints(c *Client, in Input) (any, error) { return c.Get("boards", in.ID, "sprints") }

func findUser(c *Client, in Input) (any, error) {
	return c.Find(url.Values{"name": {in.Name}}, "users")
}

func whoAmI(c *Client, _ Input) (any, error) { return c.Get("me") }
