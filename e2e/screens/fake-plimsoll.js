/**
 * Stands in for core in a page of its own: serves the state it was given, passes on patches, answers and refuses calls as
 * told, and writes down every call. Set up through `fakeSetup`, driven through `fakePlimsoll`, both on the window.
 *
 * @typedef {(payload: unknown) => void} Listener
 * @typedef {object} FakeSetup
 * @property {unknown} state
 * @property {Readonly<Record<string, unknown>>} answers
 * @property {Readonly<Record<string, unknown>>} answersTo
 * @property {Readonly<Record<string, unknown>>} failures
 * @property {readonly string[]} hanging
 * @property {readonly string[]} callNames
 */
const place = /** @type {{ fakeSetup: FakeSetup, fakePlimsoll?: object }} */ (
	/** @type {unknown} */ (globalThis)
);
const setup = place.fakeSetup;
let state = setup.state;

/** @type {{ name: string, argument: unknown }[]} */
const calls = [];

/** @type {Record<string, Set<Listener>>} */
const listeners = { patch: new Set(), goTo: new Set() };

/**
 * @param {string} event
 * @param {unknown} payload
 */
function tellAll(event, payload) {
	for (const listener of listeners[event] ?? []) listener(payload);
}

/** @param {string} name */
function callNamed(name) {
	return async (/** @type {unknown} */ argument) => {
		calls.push({ name, argument: argument ?? null });
		if (name === "snapshot") return structuredClone(state);
		if (setup.hanging.includes(name)) return new Promise(() => undefined);
		// A rejected call carries the contract's error as plain data, over every transport.
		if (name in setup.failures) throw setup.failures[name];
		const asked = `${name} ${JSON.stringify(argument ?? null)}`;
		return structuredClone(setup.answersTo[asked] ?? setup.answers[name] ?? null);
	};
}

const api = Object.fromEntries(setup.callNames.map((name) => [name, callNamed(name)]));

Object.defineProperty(globalThis, "plimsoll", {
	value: Object.freeze({
		...api,
		/**
		 * @param {string} event
		 * @param {Listener} listener
		 */
		on(event, listener) {
			listeners[event]?.add(listener);
			return () => listeners[event]?.delete(listener);
		},
	}),
	enumerable: true,
});

place.fakePlimsoll = {
	calls,
	/**
	 * Moves the state on by a patch, as core does; where `tell` is false the patch is lost on its way.
	 *
	 * @param {unknown} next
	 * @param {unknown} patch
	 * @param {boolean} tell
	 */
	push(next, patch, tell) {
		state = next;
		if (tell) tellAll("patch", patch);
	},
	/** @param {string} asked */
	goTo(asked) {
		tellAll("goTo", { place: asked });
	},
};
