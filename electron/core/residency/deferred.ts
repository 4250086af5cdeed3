/** A promise that is settled from outside. */
export interface Deferred<Value> {
	readonly promise: Promise<Value>;
	resolve(value: Value): void;
	reject(error: Error): void;
}

/** Makes one; where nobody waits for it, its rejection is nobody's concern. */
export function createDeferred<Value>(): Deferred<Value> {
	let resolve: Deferred<Value>["resolve"] = nothing;
	let reject: Deferred<Value>["reject"] = nothing;
	const promise = new Promise<Value>((onValue, onError) => {
		resolve = onValue;
		reject = onError;
	});
	promise.catch(nothing);
	return { promise, resolve: (value) => resolve(value), reject: (error) => reject(error) };
}

/** Does nothing. */
export function nothing(): void {}
