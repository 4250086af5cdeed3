/** A refusal with the status and text Ollama gives; routes put it into their dialect. */
export class EngineError extends Error {
	readonly status: number;

	constructor(status: number, message: string) {
		super(message);
		this.name = "EngineError";
		this.status = status;
	}
}

/** The client went away before it was served. */
export function requestCanceled(): EngineError {
	return new EngineError(499, "request canceled");
}

/** Text of a runner that died, by when it died. */
export function runnerStopped(flavour: string, beforeFirstToken: boolean): EngineError {
	const text =
		flavour === "0.24" && beforeFirstToken
			? "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details"
			: "an error was encountered while running the model: unexpected EOF";
	return new EngineError(500, text);
}
