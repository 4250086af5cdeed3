import { AppError } from "../../shared/errors.ts";
import type { Handlers } from "../../shared/ipc.ts";
import { message } from "../../shared/messages/message.ts";
import { normalizeModelName } from "../../shared/model-name.ts";
import type { EndedRunner } from "../../shared/operation.ts";
import type { Team } from "../../shared/router.ts";
import type { Settings } from "../../shared/settings.ts";
import type { ShellState } from "../../shared/shell.ts";
import type { Chat } from "./chat/chat.ts";
import { readEngineVersion } from "./engine/engine-version.ts";
import type { Pulls } from "./engine/pulls.ts";
import type { EngineSupervision } from "./engine/supervision.ts";
import { contextChoices } from "./footprint/context-choices.ts";
import type { ShownRunner } from "./memory/end-runner.ts";
import type { HistoryStore, NewEvent, Shell } from "./ports.ts";
import { installedModel } from "./residency/admission.ts";
import type { Observer } from "./residency/observer.ts";
import type { Residency } from "./residency/residency.ts";
import { readTeam, teamText, withMember, withoutMember } from "./router/edit-team.ts";
import type { Router } from "./router/router.ts";
import type { StateStore } from "./state-store.ts";
import { type SampleRing, thinned } from "./store/sample-ring.ts";
import type { Watchdog } from "./watchdog/watchdog.ts";

/** What the handlers call. */
export interface HandlerParts {
	readonly state: StateStore;
	/** Puts settings on disk and in force; rejects and changes nothing where that fails. */
	readonly saveSettings: (next: Settings) => Promise<void>;
	readonly history: HistoryStore;
	readonly ring: SampleRing;
	readonly supervision: EngineSupervision;
	readonly observer: Observer;
	readonly residency: Residency;
	readonly router: Router;
	/** Bytes free where a local engine keeps its models; null where that cannot be told. */
	readonly modelsDisk: () => Promise<number | null>;
	readonly pulls: Pulls;
	readonly chat: Chat;
	readonly watchdog: Pick<Watchdog, "pause" | "resume" | "skip">;
	/** Ends a runner's process after looking again that it is the one that was shown. */
	readonly endRunner: (shown: ShownRunner) => Promise<EndedRunner>;
	readonly record: (event: NewEvent) => void;
	readonly now: () => number;
	readonly shell: Shell;
	readonly setShell: (change: Partial<ShellState>) => void;
	readonly watch: (open: boolean) => void;
}

/** A model that still answers after this long is waiting for its reply; the popover sees the rest in the state. */
const DRAINING_AFTER_MS = 10_000;

const EVENTS_IN_A_SLICE = 500;

/** Puts named keys over settings, two levels deep; what is not named stays. */
function changed(settings: Settings, change: Readonly<Record<string, unknown>>): Settings {
	const next: Record<string, unknown> = { ...settings };
	for (const [name, value] of Object.entries(change)) {
		if (value === undefined) continue;
		const before = next[name];
		next[name] =
			typeof value === "object" && value !== null && typeof before === "object" && before !== null
				? { ...before, ...Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) }
				: value;
	}
	return next as Settings;
}

/** Core's side of the contract. */
export function createHandlers(parts: HandlerParts): Handlers {
	const { state, saveSettings, supervision, observer, residency, router, pulls, chat, shell } = parts;

	function installed(name: string) {
		const model = installedModel(supervision.installed(), name);
		if (model === null) throw AppError.of("model-not-found", { model: name });
		return model;
	}

	async function saveTeam(own: Team): Promise<void> {
		await saveSettings(changed(state.get().settings, { router: { team: "own", own } }));
	}

	return {
		snapshot: async () => state.get(),
		async history({ fromAt, toAt, points }) {
			const recent = parts.ring.since(fromAt).filter((point) => point.at <= toAt);
			const ringFrom = recent[0]?.at ?? Number.POSITIVE_INFINITY;
			const older = parts.history
				.points(fromAt, Math.min(toAt, ringFrom))
				.filter((point) => point.at < ringFrom);
			return {
				points: thinned([...older, ...recent], points),
				events: parts.history.events(fromAt, toAt, EVENTS_IN_A_SLICE),
			};
		},
		load: ({ model, contextLength, keepAliveMs, force }) =>
			residency.load(
				{
					model,
					force,
					...(contextLength === undefined ? {} : { contextLength }),
					...(keepAliveMs === undefined ? {} : { keepAliveMs }),
				},
				"popover",
			),
		unload: ({ model }) =>
			residency.unload(model, { requestedBy: "popover", untilDrainingMs: DRAINING_AFTER_MS }),
		async keep({ model }) {
			await residency.keep(model);
			return null;
		},
		async cancel({ operationId }) {
			await residency.cancel(operationId);
			return null;
		},
		flush: () => residency.flush("popover"),
		putBack: () => residency.putBack("popover"),
		async pin({ model, pinned }) {
			await residency.pin(model, pinned);
			const name = normalizeModelName(model);
			const others = state.get().settings.residency.pinned.filter((each) => each !== name);
			await saveSettings(
				changed(state.get().settings, { residency: { pinned: pinned ? [...others, name] : others } }),
			);
			return null;
		},
		fit: ({ model, contextLength }) => residency.fit(model, contextLength ?? null, "click"),
		trim: ({ model }) => residency.trim(model, "popover"),
		async endRunner(shown) {
			const { strays, loaded } = state.get();
			const stray = strays.find(({ pid, kind }) => pid === shown.pid && kind !== "other");
			const model = loaded.find(
				({ process, oddity }) =>
					process?.pid === shown.pid && (oddity?.kind === "stuck" || oddity?.kind === "dead-runner"),
			);
			// Only what was said to be in the way is ended, whatever pid is asked for.
			if (stray === undefined && model === undefined)
				throw AppError.of("process-changed", { pid: shown.pid });
			const ended = await parts.endRunner(shown);
			parts.record({
				at: parts.now(),
				kind: "unloaded",
				severity: "warning",
				message: message("event.runner-ended", {
					model: model?.name ?? stray?.model ?? stray?.program ?? String(shown.pid),
					pid: shown.pid,
				}),
				data: { ...ended },
			});
			await observer.lookNow();
			return ended;
		},
		async contextChoices({ model }) {
			const wanted = installed(model);
			const facts = await supervision.facts(wanted.name, wanted.digest);
			if (facts === null) return [];
			const { flavour } = readEngineVersion(supervision.state().version ?? "");
			const usualContext = await residency.usualContext(wanted);
			return contextChoices(facts, wanted.sizeBytes, { flavour, runner: wanted.runner, usualContext });
		},
		async pull({ model }) {
			pulls.start(model);
			return null;
		},
		async cancelPull({ pullId }) {
			pulls.cancel(pullId);
			return null;
		},
		async dismissPull({ pullId }) {
			pulls.dismiss(pullId);
			return null;
		},
		async deleteModel({ model }) {
			const wanted = installed(model);
			const loaded = parts.observer.find(wanted.key);
			if (loaded !== null) {
				const release = await residency.unload(wanted.key, {
					requestedBy: "popover",
					untilDrainingMs: DRAINING_AFTER_MS,
				});
				if (release.because === "draining") throw AppError.of("model-busy", { model: wanted.name });
			}
			await supervision.engine().remove(wanted.name);
			await supervision.pollInstalled();
			return null;
		},
		async saveMember({ member }) {
			await saveTeam(withMember(router.team().team, member));
			return null;
		},
		async removeMember({ id }) {
			await saveTeam(withoutMember(router.team().team, id));
			return null;
		},
		async importTeam({ text }) {
			await saveTeam(readTeam(text));
			return null;
		},
		exportTeam: async () => teamText(router.team().team),
		async modelsDisk() {
			const { kind, locality } = supervision.state();
			return kind === "ollama" && locality === "local" ? parts.modelsDisk() : null;
		},
		corrections: async () => ({ corrections: router.corrections(), days: router.days() }),
		async removeCorrection({ id }) {
			router.forgetCorrection(id);
			return null;
		},
		async chooseAnswerer({ model, member }) {
			chat.choose({ model: model === null ? null : installed(model).name, member });
			return null;
		},
		async ask({ text }) {
			chat.ask(text);
			return null;
		},
		async editQuestion({ messageId, text }) {
			chat.askAnew(messageId, text);
			return null;
		},
		async keepDraft({ text }) {
			chat.keepDraft(text);
			return null;
		},
		async attachPicture(picture) {
			chat.attach(picture);
			return null;
		},
		async detachPicture({ id }) {
			chat.detach(id);
			return null;
		},
		picture: async ({ id }) => chat.picture(id),
		async stopAnswer() {
			chat.stop();
			return null;
		},
		async retryAnswer({ model, member, contextLength }) {
			chat.retry({
				...(model === undefined ? {} : { model: installed(model).name }),
				...(member === undefined ? {} : { member }),
				...(contextLength === undefined ? {} : { contextLength }),
			});
			return null;
		},
		async correctRoute({ messageId, domain }) {
			chat.correct(messageId, domain);
			return null;
		},
		async newConversation() {
			chat.startAnew();
			return null;
		},
		async openConversation({ id }) {
			chat.open(id);
			return null;
		},
		earlierMessages: async ({ conversationId, beforeId, limit }) =>
			chat.earlier(conversationId, beforeId, limit),
		conversations: async ({ limit, offset }) => chat.list(limit, offset),
		searchConversations: async ({ text }) => chat.search(text),
		async renameConversation({ id, title }) {
			chat.rename(id, title);
			return null;
		},
		async setSystemPrompt({ text }) {
			chat.setSystemPrompt(text);
			return null;
		},
		async deleteConversation({ id }) {
			chat.remove(id);
			return null;
		},
		async restoreConversation() {
			chat.restore();
			return null;
		},
		saveText: ({ name, text }) => shell.saveText(name, text),
		async setOpenAtLogin({ open }) {
			parts.setShell({ loginItem: await shell.setOpenAtLogin(open) });
			return null;
		},
		async openPlace({ place }) {
			await shell.openPlace(place);
			return null;
		},
		async closePopover() {
			shell.closePopover();
			return null;
		},
		async quit() {
			shell.quit();
			return null;
		},
		async changeSettings(change) {
			await saveSettings(changed(state.get().settings, change));
			return null;
		},
		async startEngine() {
			await supervision.startEngine();
			return null;
		},
		async startDemo() {
			await shell.startDemo();
			await supervision.relocate();
			return null;
		},
		async pauseWatchdog() {
			parts.watchdog.pause();
			return null;
		},
		async resumeWatchdog() {
			parts.watchdog.resume();
			return null;
		},
		async skipBringBack({ key }) {
			parts.watchdog.skip(key);
			return null;
		},
		async retryEngine() {
			await supervision.retry();
			return null;
		},
		async watch({ open }) {
			parts.watch(open);
			return null;
		},
	};
}
