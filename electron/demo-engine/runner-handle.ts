/** A runner that holds one model: a child process, or the pretence of one. All sizes are nominal bytes. */
export interface RunnerHandle {
	readonly pid: number;
	readonly startedAtMs: number;
	/** The command line as a process list prints it. */
	readonly commandLine: string;
	/** Grows to this size over this time. Rejects with `RunnerExited` when the runner ends first. */
	load(bytes: number, overMs: number): Promise<void>;
	/** Grows by so much at once; runners never shrink. */
	grow(bytes: number): Promise<void>;
	/** Whether it computes; a computing runner uses a fifth of a core. */
	setBusy(busy: boolean): void;
	/** Ends it without asking, and resolves when it is gone. */
	kill(): Promise<void>;
	/** Resolves when it is gone, however that came about. */
	readonly exited: Promise<void>;
	readonly hasExited: boolean;
	/** Aborted when it is gone: for those who wait often and briefly. */
	readonly gone: AbortSignal;
	/** What it holds now, and the processor time it used. */
	measure(): RunnerMeasure;
}

/** One reading of a runner. */
export interface RunnerMeasure {
	/** Process id of the parent; 1 for an orphan. */
	readonly parentPid: number;
	/** Nominal: (memory of the process − that of an empty runner) ÷ scale. */
	readonly memoryBytes: number;
	readonly cpuTimeMs: number;
}

/** A runner found without a handle: an orphan of a server that is gone. */
export interface FoundRunner extends RunnerMeasure {
	readonly pid: number;
	readonly startedAtMs: number;
	readonly model: string;
	readonly commandLine: string;
}

/** What is needed to start a runner. */
export interface RunnerStart {
	readonly model: string;
	/** `argv[0]` and the arguments as the real runner of the flavour would have them. */
	readonly arguments: readonly string[];
}

/** Starts runners and finds those that outlived their server. */
export interface RunnerHost {
	readonly kind: "processes" | "simulated";
	start(start: RunnerStart): Promise<RunnerHandle>;
	/** Starts a runner whose parent is the system and which no server knows. */
	startOrphan(start: RunnerStart, bytes: number): Promise<void>;
	orphans(): readonly FoundRunner[];
	/** Ends an orphan; false when there is none with this process id. */
	endOrphan(pid: number): boolean;
	/** Clears up after itself once all its runners are gone. */
	close(): void;
}

/** The runner ended while something was asked of it. */
export class RunnerExited extends Error {
	constructor() {
		super("the runner process ended");
		this.name = "RunnerExited";
	}
}
