import { AppError } from "../../../shared/errors.ts";
import type { FitVerdict } from "../../../shared/fit.ts";
import type { MachineState } from "../../../shared/machine.ts";
import type { InstalledModel, ModelKey } from "../../../shared/model.ts";
import type {
	Correction,
	Domain,
	Member,
	Requirements,
	RouteDay,
	RouteDecision,
	Team,
} from "../../../shared/router.ts";
import type { Settings } from "../../../shared/settings.ts";
import type { TeamState } from "../../../shared/team.ts";
import { BYTES_PER_MB, fromGb } from "../../../shared/units.ts";
import type { EngineSupervision } from "../engine/supervision.ts";
import type { Clock, HistoryStore } from "../ports.ts";
import { installedModel } from "../residency/admission.ts";
import type { FitAsker } from "../residency/fits.ts";
import type { Observer } from "../residency/observer.ts";
import type { Residency } from "../residency/residency.ts";
import { edgeAllows } from "../residency/verdict.ts";
import { contextFor, holdsContext } from "./member-context.ts";
import { ORIGINAL_TEAM } from "./original-team.ts";
import { type MemberStanding, route } from "./route.ts";
import { asInstalled, teamInForce } from "./teams.ts";

/** What a prompt brings besides its text. */
export interface PromptContext {
	/** Tokens of the conversation before it. */
	readonly tokens: number;
	/** The program that asks hands over tools. */
	readonly tools: boolean;
}

/** Works out what a prompt needs, from the prompt alone. */
export type RequirementsOf = (asked: {
	readonly prompt: string;
	readonly imageCount: number;
	readonly context: PromptContext;
	readonly corrections: readonly Correction[];
}) => Requirements;

/** A prompt to be routed. */
export interface RouteAsk {
	readonly prompt: string;
	readonly imageCount: number;
	/** Tokens of the conversation before it; 0 where it begins one. */
	readonly contextTokens: number;
	readonly tools?: boolean;
	/**
	 * The conversation it belongs to, with the member that gave its last answer; where that is null, the one that was
	 * noted for it counts.
	 */
	readonly conversation: { readonly id: string; readonly lastMember: string | null } | null;
	/** Members that turned out not to fit after all; they are not taken. */
	readonly without?: ReadonlySet<string>;
	/** Id of the member the user wants, for this message or for the conversation. */
	readonly override: string | null;
	/** What the user says it is about. */
	readonly domain?: Domain;
	/** Absent takes the team in force. */
	readonly team?: "original";
	/** Takes every member as installed and not loaded, and judges it by what the team's list says it takes. */
	readonly assumeInstalled?: boolean;
	/** Who would load; absent is a program. */
	readonly asker?: FitAsker;
	/**
	 * Somebody waits for the answer: where the choice hangs on a model that has just answered and counts as busy for a few
	 * seconds more, these are waited for. Absent decides at once, as if they were over.
	 */
	readonly waitUntilQuiet?: AbortSignal;
}

/** The router as the rest of core uses it. */
export interface Router {
	/** The team in force. */
	team(): TeamState;
	/** Chooses who answers; changes nothing. Rejects with `invalid-argument` where `override` is not in the team. */
	decide(ask: RouteAsk): Promise<RouteDecision>;
	/** Context the chosen member has to be loaded with, tokens; null leaves it as it is or to the engine. */
	contextOf(decision: RouteDecision & { readonly member: Member }): number | null;
	/** A member has answered a prompt that was routed to it. */
	noteAnswered(answered: { readonly member: string; readonly conversation?: string }): void;
	/** Member that answered last, while its model is loaded; else null. */
	activeMember(): string | null;
	/** What people said prompts were about, newest first. */
	corrections(): readonly Correction[];
	/** Keeps on this machine what a prompt was about. Throws `storage-failed` where the disk refused. */
	correct(correction: { readonly prompt: string; readonly domain: Domain; readonly was: Domain }): void;
	/** Forgets a correction. */
	forgetCorrection(id: number): void;
	/** How many prompts were routed and corrected, day by day, oldest first. */
	days(): readonly RouteDay[];
}

/** What the router needs of the rest of core. */
export interface RouterParts {
	readonly requirementsOf: RequirementsOf;
	readonly clock: Clock;
	readonly settings: () => Settings;
	readonly supervision: Pick<EngineSupervision, "installed">;
	readonly observer: Pick<Observer, "find" | "loaded" | "isInFlight" | "lookNow">;
	readonly residency: Pick<Residency, "fitEach" | "budgetState">;
	readonly machine: () => MachineState | null;
	readonly history: Pick<
		HistoryStore,
		"corrections" | "addCorrection" | "removeCorrection" | "countRoute" | "routeDays"
	>;
	/** A member has answered. */
	readonly onAnswered: () => void;
}

/** How the members' models stand. */
interface Standings {
	of(member: Member): MemberStanding;
	/** It fits only once models that have just answered count as idle. */
	waits(member: Member): boolean;
}

/** More of a prompt says no more about it. */
const KEPT_PROMPT_LENGTH = 4_000;

/** Conversations whose member is remembered; the one that was longest silent is forgotten first. */
const KNOWN_CONVERSATIONS = 500;

/** A member that turned out not to fit. */
const REFUSED = { fits: false, edge: false, steps: [] } as const;

/** A model that has answered is quiet after this long; one that is not answers somebody else. */
const QUIET_WITHIN_MS = 7_000;
const LOOK_EVERY_MS = 500;

/** Makes the router. */
export function createRouter(parts: RouterParts): Router {
	const { clock, settings, supervision, observer, residency, history } = parts;
	let answered: string | null = null;
	const memberOf = new Map<string, string>();
	let corrections: readonly Correction[] | null = null;
	let derived: {
		readonly from: readonly InstalledModel[];
		readonly by: object;
		readonly team: TeamState;
	} | null = null;

	/** Worked out anew only when what is installed or set has changed. */
	function team(): TeamState {
		const from = supervision.installed();
		const by = settings().router;
		if (derived?.from !== from || derived.by !== by) derived = { from, by, team: teamInForce(by, from) };
		return derived.team;
	}

	function knownCorrections(): readonly Correction[] {
		corrections ??= history.corrections();
		return corrections;
	}

	/** What a member leads to by the team's list alone: as if it were installed and whatever may go went first. */
	function assumed(): Standings {
		const budget = residency.budgetState([]);
		const mayGoBytes = observer
			.loaded()
			.filter(({ pinned }) => !pinned)
			.reduce((sum, { heldBytes, footprintBytes }) => sum + (heldBytes ?? footprintBytes), 0);
		return {
			of: ({ memoryGb }) => ({
				installed: true,
				loaded: false,
				fit:
					budget === null
						? null
						: { fits: fromGb(memoryGb) <= budget.spareBytes + mayGoBytes, edge: false, steps: [] },
			}),
			waits: () => false,
		};
	}

	/** Whether a load that is over fits as soon as models that have just answered count as idle. */
	function fitsWhenQuiet({ help }: FitVerdict): boolean {
		const wait = help.find(({ kind }) => kind === "wait");
		if (wait?.kind !== "wait") return false;
		return wait.names.every((name) => {
			const loaded = observer.find(name);
			return loaded?.state === "busy" && !observer.isInFlight(loaded.key);
		});
	}

	/** Looks again after a moment whether what has answered is quiet. */
	async function look(signal: AbortSignal): Promise<void> {
		await new Promise<void>((resolve) => {
			const stop = clock.after(LOOK_EVERY_MS, done);
			function done(): void {
				stop();
				signal.removeEventListener("abort", done);
				resolve();
			}
			signal.addEventListener("abort", done);
		});
		if (!signal.aborted) await observer.lookNow();
	}

	function fitOf(verdict: FitVerdict): MemberStanding["fit"] {
		const machine = parts.machine();
		const { residency: rules, pressure } = settings();
		const swapGrows =
			(machine?.swapGrowthBytesPerSecond ?? 0) > pressure.sampling.growthMbPerSecond * BYTES_PER_MB;
		const over = verdict.outcome === "over";
		return {
			fits: !over,
			edge: over && rules.edge && edgeAllows(verdict, swapGrows),
			steps: verdict.steps,
		};
	}

	/** How each member's model stands on this machine now. */
	async function standings(
		members: readonly Member[],
		{ needs }: Requirements,
		asker: FitAsker,
		mayWait: boolean,
	): Promise<Standings> {
		const installed = supervision.installed();
		const models = new Map(members.map((member) => [member.id, installedModel(installed, member.model)]));
		const isLoaded = (member: Member, model: InstalledModel) => {
			const loaded = observer.find(model.key);
			const there = loaded !== null && loaded.oddity === null && loaded.state !== "unloading";
			return there && holdsContext(loaded, member, needs);
		};
		const toJudge = members.flatMap((member) => {
			const model = models.get(member.id) ?? null;
			if (model === null || model.location === "cloud" || isLoaded(member, model)) return [];
			return [{ model, contextLength: contextFor(member, needs) }];
		});
		const verdicts = new Map<ModelKey, FitVerdict>();
		for (const verdict of (await residency.fitEach(toJudge, asker)) ?? []) verdicts.set(verdict.key, verdict);
		const waitFor = new Set(
			mayWait ? [...verdicts.values()].filter(fitsWhenQuiet).map(({ key }) => key) : [],
		);
		const modelOf = (member: Member) => models.get(member.id) ?? null;
		return {
			of(member) {
				const model = modelOf(member);
				if (model === null) return { installed: false, loaded: false, fit: null };
				const verdict = verdicts.get(model.key);
				const fit = verdict === undefined ? null : fitOf(verdict);
				return {
					installed: true,
					loaded: model.location === "cloud" || isLoaded(member, model),
					fit: fit !== null && waitFor.has(model.key) ? { ...fit, fits: true } : fit,
				};
			},
			waits: (member) => waitFor.has(modelOf(member)?.key ?? ""),
		};
	}

	function requirementsFor(ask: RouteAsk): Requirements {
		const requirements = parts.requirementsOf({
			prompt: ask.prompt,
			imageCount: ask.imageCount,
			context: { tokens: ask.contextTokens, tools: ask.tools === true },
			corrections: knownCorrections(),
		});
		return ask.domain === undefined
			? requirements
			: { ...requirements, domain: ask.domain, confidence: 1, domainSource: "user" };
	}

	return {
		team,
		async decide(ask) {
			const untilMs = clock.monotonicMs() + QUIET_WITHIN_MS;
			const asked: Team = ask.team === "original" ? ORIGINAL_TEAM : team().team;
			const installed = supervision.installed();
			const members = ask.assumeInstalled
				? asked.members
				: asked.members.map((member) => asInstalled(member, installed));
			if (ask.override !== null && !members.some(({ id }) => id === ask.override))
				throw AppError.of("invalid-argument", {
					what: "member",
					problem: `the team has no “${ask.override}”`,
				});
			const requirements = requirementsFor(ask);
			const { loadedPoints, stickyPoints } = settings().router;
			for (;;) {
				const startedMs = clock.monotonicMs();
				const { waitUntilQuiet: signal } = ask;
				const mayWait = signal === undefined || (startedMs < untilMs && !signal.aborted);
				const standing = ask.assumeInstalled
					? assumed()
					: await standings(members, requirements, ask.asker ?? "program", mayWait);
				const decision = route({
					requirements,
					team: { ...asked, members },
					standing: (member) =>
						ask.without?.has(member.id) === true
							? { ...standing.of(member), loaded: false, fit: REFUSED }
							: standing.of(member),
					level: parts.machine()?.level ?? "normal",
					loadedPoints,
					stickyPoints,
					lastMember: ask.conversation?.lastMember ?? memberOf.get(ask.conversation?.id ?? "") ?? null,
					override: ask.override,
				});
				if (signal === undefined || decision.member === null || !standing.waits(decision.member))
					return { ...decision, tookMs: clock.monotonicMs() - startedMs };
				await look(signal);
			}
		},
		contextOf: ({ loads, member, requirements }) => (loads ? contextFor(member, requirements.needs) : null),
		noteAnswered({ member, conversation }) {
			answered = member;
			history.countRoute(clock.now());
			if (conversation !== undefined) {
				memberOf.delete(conversation);
				memberOf.set(conversation, member);
				const [oldest] = memberOf.keys();
				if (memberOf.size > KNOWN_CONVERSATIONS && oldest !== undefined) memberOf.delete(oldest);
			}
			parts.onAnswered();
		},
		activeMember() {
			const member = team().team.members.find(({ id }) => id === answered);
			return member !== undefined && observer.find(member.model) !== null ? member.id : null;
		},
		corrections: knownCorrections,
		correct({ prompt, domain, was }) {
			const kept = { at: clock.now(), prompt: prompt.slice(0, KEPT_PROMPT_LENGTH), domain, was };
			if (!history.addCorrection(kept))
				throw AppError.of("storage-failed", { file: "history.db", problem: "see the log" });
			corrections = null;
		},
		forgetCorrection(id) {
			history.removeCorrection(id);
			corrections = null;
		},
		days: () => history.routeDays(),
	};
}
