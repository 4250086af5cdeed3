import { type UtilityProcess, utilityProcess } from "electron";
import { AppError } from "../../shared/errors.ts";

/** A demo engine in one utility process, with a simulated machine: it takes no memory from anybody. */
export interface DemoFallback {
	/** From now on it may stand in where no engine answers. */
	allow(): void;
	/** Its address, starting it where it does not run; null while it may not stand in. Rejects where it does not start. */
	url(): Promise<string | null>;
	/** Ends it, because a real engine has taken over. */
	stop(): void;
}

/** A demo engine that has not said its address after this long does not run. */
const START_WITHIN_MS = 15_000;

function start(script: string): { readonly child: UtilityProcess; readonly url: Promise<string> } {
	const child = utilityProcess.fork(script, [], { serviceName: "Plimsoll Demo Engine", stdio: "ignore" });
	const url = new Promise<string>((resolve, reject) => {
		const fail = (problem: string) => reject(AppError.of("internal", { problem }));
		const late = setTimeout(() => fail("the demo engine did not start"), START_WITHIN_MS);
		child.once("message", (told: { readonly url: string }) => {
			clearTimeout(late);
			resolve(told.url);
		});
		child.once("exit", (code) => {
			clearTimeout(late);
			fail(`the demo engine ended with ${code}`);
		});
	});
	return { child, url };
}

/** Prepares the demo engine; it ends with the app. */
export function createDemoFallback(script: string, options: { readonly allowed: boolean }): DemoFallback {
	let { allowed } = options;
	let running: ReturnType<typeof start> | null = null;
	return {
		allow() {
			allowed = true;
		},
		async url() {
			if (!allowed) return null;
			if (running === null) {
				const started = start(script);
				running = started;
				started.child.once("exit", () => {
					if (running === started) running = null;
				});
			}
			return running.url;
		},
		stop() {
			running?.child.kill();
			running = null;
		},
	};
}
