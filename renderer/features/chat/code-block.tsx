import { isValidElement, type ReactNode, useEffect, useState } from "react";
import { Icon } from "../../icon.tsx";
import { useWords } from "../../words.tsx";
import type { CodePiece } from "./highlight.ts";

/** The `code` inside a `pre`, as Markdown makes it. */
interface CodeProps {
	readonly className?: string;
	readonly children?: ReactNode;
}

/** Code longer than this is shown without colours; colouring it would hold up the page. */
const MAX_COLOURED = 40_000;

/** A block of code with its language and a way to copy it. */
export function CodeBlock({ children }: { readonly children?: ReactNode }): ReactNode {
	const words = useWords();
	const [pieces, setPieces] = useState<readonly CodePiece[] | null>(null);
	const [copied, setCopied] = useState(false);
	const props = isValidElement<CodeProps>(children) ? children.props : {};
	const text = typeof props.children === "string" ? props.children.replace(/\n$/, "") : "";
	const language = /language-([\w+#-]+)/.exec(props.className ?? "")?.[1] ?? "";

	useEffect(() => {
		let wanted = true;
		if (language === "" || text.length > MAX_COLOURED) return;
		void import("./highlight.ts").then(({ highlight }) => {
			if (wanted) setPieces(highlight(text, language));
		});
		return () => {
			wanted = false;
		};
	}, [text, language]);

	function copy(): void {
		void navigator.clipboard.writeText(text).then(() => {
			setCopied(true);
			setTimeout(() => setCopied(false), 2_000);
		});
	}

	return (
		<div className="code">
			<header>
				<span>{language === "" ? words.say("ui.code") : language}</span>
				<button type="button" className="button button-small button-plain" onClick={copy}>
					<Icon name={copied ? "check" : "copy"} />
					{words.say(copied ? "ui.copied" : "ui.copy")}
				</button>
			</header>
			{/* A block that can be scrolled must be reachable by keyboard. */}
			<pre tabIndex={0} dir="ltr" aria-label={words.say("ui.code-in", { language })}>
				<code>
					{pieces === null
						? text
						: pieces.map((piece, index) => (
								<span key={`${index}`} className={piece.look}>
									{piece.text}
								</span>
							))}
				</code>
			</pre>
		</div>
	);
}
