import type { CallName, Contract, EventName } from "./ipc.ts";

/**
 * Name and kind of every contract entry. It stands apart from the schemas so that what runs in a page (bridge,
 * preload, popover) carries no schema library; the compiler keeps it equal to the contract.
 */
const KINDS = {
	snapshot: "query",
	history: "query",
	load: "command",
	unload: "command",
	keep: "command",
	cancel: "command",
	flush: "command",
	putBack: "command",
	pin: "command",
	fit: "query",
	trim: "command",
	endRunner: "command",
	contextChoices: "query",
	pull: "command",
	cancelPull: "command",
	dismissPull: "command",
	deleteModel: "command",
	saveMember: "command",
	removeMember: "command",
	importTeam: "command",
	exportTeam: "query",
	modelsDisk: "query",
	corrections: "query",
	removeCorrection: "command",
	chooseAnswerer: "command",
	ask: "command",
	editQuestion: "command",
	keepDraft: "command",
	attachPicture: "command",
	detachPicture: "command",
	picture: "query",
	stopAnswer: "command",
	retryAnswer: "command",
	correctRoute: "command",
	newConversation: "command",
	openConversation: "command",
	earlierMessages: "query",
	conversations: "query",
	searchConversations: "query",
	renameConversation: "command",
	setSystemPrompt: "command",
	deleteConversation: "command",
	restoreConversation: "command",
	saveText: "command",
	setOpenAtLogin: "command",
	openPlace: "command",
	closePopover: "command",
	quit: "command",
	changeSettings: "command",
	startEngine: "command",
	startDemo: "command",
	pauseWatchdog: "command",
	resumeWatchdog: "command",
	skipBringBack: "command",
	retryEngine: "command",
	watch: "command",
	patch: "event",
	goTo: "event",
} as const satisfies { readonly [Name in keyof Contract]: Contract[Name]["kind"] };

/** Channel of a contract entry; the only place where one is made. */
export function channelOf(name: CallName | EventName): string {
	return `plimsoll:${name}`;
}

/** Over Electron a page says here which event it follows or no longer follows; never a call's channel. */
export const FOLLOW_CHANNEL = "plimsoll-follow";

const names = Object.keys(KINDS) as (keyof typeof KINDS)[];

/** Names of everything that can be called. */
export const callNames: readonly CallName[] = names.filter(
	(name): name is CallName => KINDS[name] !== "event",
);

/** Names of everything core tells. */
export const eventNames: readonly EventName[] = names.filter(
	(name): name is EventName => KINDS[name] === "event",
);
