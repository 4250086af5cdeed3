import { type ComponentType, lazy, type ReactNode, Suspense } from "react";

/** A part of the page that is seldom wanted: its script comes when it is shown for the first time. */
export function onDemand<Props extends object>(
	load: () => Promise<ComponentType<Props>>,
): (props: Props) => ReactNode {
	const Part = lazy(async () => ({ default: await load() })) as unknown as ComponentType<Props>;
	return (props) => (
		<Suspense fallback={null}>
			<Part {...props} />
		</Suspense>
	);
}
