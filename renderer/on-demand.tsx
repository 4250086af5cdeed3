import { type ComponentType, lazy, type ReactNode, Suspense, useState } from "react";

/** Scripts of parts that nobody has asked for yet. */
const unfetched = new Set<() => Promise<unknown>>();

/** A part of the page that is seldom wanted: its script comes when it is shown for the first time, or before. */
export function onDemand<Props extends object>(
	load: () => Promise<ComponentType<Props>>,
): (props: Props) => ReactNode {
	let ready: ComponentType<Props> | null = null;
	const fetch = async (): Promise<{ readonly default: ComponentType<Props> }> => {
		unfetched.delete(fetch);
		ready = await load();
		return { default: ready };
	};
	const Part = lazy(fetch) as unknown as ComponentType<Props>;
	unfetched.add(fetch);
	return function OnDemand(props) {
		// A part that is there is shown at once. One that was waited for stays what it is, and so keeps its own state.
		const [Shown] = useState(() => ready ?? Part);
		return (
			<Suspense fallback={<i hidden data-coming="" />}>
				<Shown {...props} />
			</Suspense>
		);
	};
}

/** Calls back when the page has nothing else to do. */
function whenIdle(callback: () => void): void {
	if (typeof requestIdleCallback === "function") requestIdleCallback(callback, { timeout: 5000 });
	else setTimeout(callback, 1000);
}

/**
 * Fetches what may be asked for, one script at a time while the page is idle: in an emergency the disk is busy, and a
 * part should open as fast the first time as the second. A script that cannot be fetched is tried again when it is shown.
 */
export function fetchWhileIdle(): void {
	whenIdle(() => {
		const [next] = unfetched;
		if (next !== undefined)
			void next()
				.catch(() => undefined)
				.then(fetchWhileIdle);
	});
}
