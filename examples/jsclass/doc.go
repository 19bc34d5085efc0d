// Package jsclass gives JavaScript a class with all that the browser's WebSocket has, whose sockets are this module's. What is
// written for the browser's runs over it unchanged, subclasses included:
//
//	js.Global().Set("WebSocket", jsclass.New("WebSocket"))
//
// Package page is a program that does it. The class converts arguments as Web IDL says, throws real DOMExceptions, and
// dispatches real events, each in a task of its own, to objects that are real EventTargets. It needs no eval: a page's policy of
// script-src 'self' 'wasm-unsafe-eval' allows it.
//
// What differs from the browser's, since Go or JavaScript has no means for it:
//
//   - Events have isTrusted false: only a browser can make trusted ones.
//   - Between two listeners of one event no microtask runs, as for all events that a script dispatches.
//   - A socket that is not closed is not collected as garbage, even if nobody listens to it.
//   - An event handler that throws undefined is reported with an AbortError instead.
//   - The words of the exceptions are not those of any browser; their classes and names are.
//   - The source text of the functions, as their toString gives it, has no names.
//   - Structured clones, a page's freeze and its back-forward cache see an ordinary object.
package jsclass
