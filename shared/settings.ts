import { z } from "zod";
import { teamSchema } from "./team.ts";

/** Version of the settings file; raised with every change that needs a migration. */
export const SETTINGS_VERSION = 1;

const percent = z.number().min(0).max(100);
const gb = z.number().min(0).max(4096);
const mbPerSecond = z.number().min(0).max(100_000);

const keepAliveMinutes = z.number().min(-1).max(525_600);

/**
 * What Plimsoll does by itself when memory gets short. "95 %" and "99 %" are names: they stand for the levels high and
 * critical, whose conditions are in `pressure`, because a Mac that uses 99 % of its memory may be perfectly well.
 */
const watchdogSettingsSchema = z.strictObject({
	/** Off: levels are shown, nothing is done. */
	enabled: z.boolean().default(true),
	/** At high, the "95 %": unload idle models one by one. */
	unloadsAtHigh: z.boolean().default(true),
	/** Time between two of them. */
	highEverySeconds: z.number().min(1).max(600).default(5),
	/** A model used within this time is spared at high. */
	highSparesUsedWithinSeconds: z.number().min(0).max(86_400).default(60),
	/** At critical, the "99 %": unload everything step by step. */
	emergencyAtCritical: z.boolean().default(true),
	/** A further step of an emergency follows after this time at the earliest, */
	stepAfterSeconds: z.number().min(0).max(60).default(1),
	/** and after so many samples in a row that are still critical. */
	stepAfterSamples: z.int().min(1).max(60).default(2),
	/** From the end of an emergency to the next, unless the kernel itself says critical. */
	coolDownSeconds: z.number().min(0).max(3600).default(30),
	/** No emergency while models hold less than this share of memory: unloading them could not help. */
	leastHeldPercent: percent.default(5),
	/** End a load that was let through as fitting once it can no longer come to its end. */
	endsHopelessLoads: z.boolean().default(true),
	/** What must stay free while such a load runs. */
	loadKeepsFreeGb: gb.default(0.5),
	/** Samples in a row that must say so. */
	loadSamples: z.int().min(1).max(60).default(2),
	/** Load again what was unloaded for pressure. */
	bringsBack: z.boolean().default(true),
	/** After so long at normal pressure, */
	bringBackAfterSeconds: z.number().min(0).max(86_400).default(60),
	/** where it fits with so much to spare, */
	bringBackSparePercent: percent.default(20),
	/** and at most once in this time. */
	bringBackEveryMinutes: z.number().min(0).max(1440).default(10),
});

/**
 * The thresholds behind the pressure levels. Percentages are of the machine's memory, rates are growth of swap
 * over the last 10 s, samples are consecutive ones.
 */
export const pressureSettingsSchema = z.strictObject({
	macos: z
		.strictObject({
			elevatedAvailablePercent: percent.default(15),
			highAvailablePercent: percent.default(5),
			highGrowthMbPerSecond: mbPerSecond.default(10),
			highSamples: z.int().min(1).max(60).default(3),
			criticalAvailablePercent: percent.default(1.5),
			criticalGrowthMbPerSecond: mbPerSecond.default(50),
			criticalFloorPercent: percent.default(1),
			criticalSamples: z.int().min(1).max(60).default(2),
		})
		.prefault({}),
	linux: z
		.strictObject({
			elevatedUsedPercent: percent.default(85),
			highUsedPercent: percent.default(95),
			highPsiSome: percent.default(20),
			highSamples: z.int().min(1).max(60).default(3),
			criticalUsedPercent: percent.default(99),
			criticalSamples: z.int().min(1).max(60).default(2),
			criticalPsiFull: percent.default(15),
			criticalPsiAvailablePercent: percent.default(10),
		})
		.prefault({}),
	/** How long a level's conditions must have cleared before it is left. */
	leaveAfterSeconds: z.number().min(0).max(600).default(10),
	/** How far percentages must clear the threshold before a level is left. */
	leaveMarginPercent: percent.default(2),
	/** Share of its threshold below which a rate must fall before a level is left. */
	leaveRatePercent: percent.default(50),
	/** Over how long growth of swap is measured. */
	growthWindowSeconds: z.number().min(1).max(600).default(10),
	/** How long growth is ignored after the machine woke. */
	growthIgnoredAfterWakeSeconds: z.number().min(0).max(600).default(10),
	/** How often the machine is read. */
	sampling: z
		.strictObject({
			calmMs: z.int().min(250).max(60_000).default(5000),
			/** While the popover is open, the level is high or critical, or swap grows. */
			attentiveMs: z.int().min(100).max(60_000).default(1000),
			/** While a load runs and while a condition is being counted. */
			tightMs: z.int().min(50).max(60_000).default(250),
			/** From which rate on swap counts as growing. */
			growthMbPerSecond: mbPerSecond.default(1),
		})
		.prefault({}),
});

/** Everything a person can set. Unknown keys are refused, missing ones take their default. */
export const settingsSchema = z.strictObject({
	version: z.literal(SETTINGS_VERSION).default(SETTINGS_VERSION),
	language: z.enum(["system", "en", "de"]).default("system"),
	engine: z
		.strictObject({
			/** Address of the engine; null takes OLLAMA_HOST or Ollama's own default. */
			url: z.string().min(1).max(2000).nullable().default(null),
		})
		.prefault({}),
	gateway: z
		.strictObject({
			port: z.int().min(0).max(65535).default(11435),
			/** Every call must carry the token. */
			requireToken: z.boolean().default(false),
			/** Web pages that may call the gateway, as origins ("https://chat.example"). */
			allowedOrigins: z
				.array(z.url({ protocol: /^https?$/ }))
				.max(100)
				.default([]),
		})
		.prefault({}),
	residency: z
		.strictObject({
			/** Memory that a load must leave free besides the model itself. */
			keepFreeGb: gb.default(1),
			/** One chat model at a time, as many as fit, or by the size of the memory. Clicks load as many as fit. */
			mode: z.enum(["auto", "single", "many"]).default("auto"),
			/** How far the budget is cut as the memory fills. */
			profile: z.enum(["balanced", "original"]).default("balanced"),
			/** Let the router go a little over the budget where no candidate fits. */
			edge: z.boolean().default(true),
			/** Models that are kept until they are unpinned, by normalised name. */
			pinned: z.array(z.string().min(1).max(512)).max(100).default([]),
			/** What happens to loaded models when Plimsoll ends: all stay, those it loaded leave, all leave. */
			atExit: z.enum(["leave", "own", "all"]).default("leave"),
			/** What happens at the start to models left from earlier, once idle: nothing, those Plimsoll loaded leave, all leave. */
			atStart: z.enum(["off", "own", "all"]).default("own"),
			/** Minutes after which an idle model is unloaded while memory is under `idleUnderGb`; 0 is off. */
			idleMinutes: z.number().min(0).max(10_080).default(0),
			/** GB available below which idle models are unloaded after `idleMinutes`. */
			idleUnderGb: gb.default(4),
			/** Minutes a model stays after its last answer where a load through Plimsoll says nothing; null leaves it to the engine, -1 is for ever. */
			keepAliveMinutes: keepAliveMinutes.nullable().default(null),
			/** The same for single models, by normalised name. */
			keepAliveOf: z.record(z.string().min(1).max(512), keepAliveMinutes).default({}),
		})
		.prefault({}),
	app: z
		.strictObject({
			/** Key combination that opens the popover, in Electron's words; null for none. */
			shortcut: z.string().min(1).max(60).nullable().default(null),
			/** The first-run steps were seen. */
			welcomed: z.boolean().default(false),
			/** Tell in a notification what happened without the user. */
			notifications: z.boolean().default(true),
		})
		.prefault({}),
	router: z
		.strictObject({
			/** Whose models prompts go to. `auto`: the original eleven where most of them are installed, else what is. */
			team: z.enum(["auto", "derived", "original", "own"]).default("auto"),
			/** The list for `own`; null until there is one. */
			own: teamSchema.nullable().default(null),
			/** Rating points by which a loaded member may be worse than a better one that would have to load. */
			loadedPoints: z.number().min(0).max(10).default(1),
			/** Rating points by which the member of a conversation may be worse than another before it is left. */
			stickyPoints: z.number().min(0).max(10).default(2),
		})
		.prefault({}),
	pressure: pressureSettingsSchema.prefault({}),
	watchdog: watchdogSettingsSchema.prefault({}),
	log: z
		.strictObject({
			level: z.enum(["error", "warn", "info", "debug"]).default("info"),
		})
		.prefault({}),
});

/** Settings as they are in force. */
export type Settings = z.infer<typeof settingsSchema>;

/** The thresholds behind the pressure levels. */
export type PressureSettings = z.infer<typeof pressureSettingsSchema>;

/** What Plimsoll does by itself when memory gets short. */
export type WatchdogSettings = Settings["watchdog"];

/** The settings of a machine where nobody has set anything. */
export const DEFAULT_SETTINGS: Settings = settingsSchema.parse({});
