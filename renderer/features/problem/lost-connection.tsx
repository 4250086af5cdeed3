import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { Icon } from "../../icon.tsx";
import { useWords } from "../../words.tsx";

/** Set on the page by the script that connects it to Plimsoll; the app's own window has none. */
const ATTRIBUTE = "data-connection";

/** A connection that is back within this time was not worth a word. */
const TOLD_AFTER_MS = 1_000;

function subscribe(changed: () => void): () => void {
	const observer = new MutationObserver(changed);
	observer.observe(document.documentElement, { attributes: true, attributeFilter: [ATTRIBUTE] });
	return () => observer.disconnect();
}

const read = (): string | null => document.documentElement.getAttribute(ATTRIBUTE);

/** Says that nothing on this page is true any more while a page in the browser has lost its Plimsoll. */
export function LostConnection(): ReactNode {
	const connection = useSyncExternalStore(subscribe, read);
	const away = connection === "lost" || connection === "refused";
	return away ? <Lost key={connection} final={connection === "refused"} /> : null;
}

function Lost({ final }: { readonly final: boolean }): ReactNode {
	const words = useWords();
	const [told, setTold] = useState(false);
	useEffect(() => {
		const timer = setTimeout(() => setTold(true), TOLD_AFTER_MS);
		return () => clearTimeout(timer);
	}, []);
	if (!told) return null;
	return (
		<div className="notice notice-elevated notice-lost" role="alert">
			<div className="notice-head">
				<Icon name="warn" />
				<h2>{words.say(final ? "ui.page-of-before" : "ui.connection-lost")}</h2>
			</div>
			<p>{words.say(final ? "ui.page-of-before-next" : "ui.connection-lost-next")}</p>
		</div>
	);
}
