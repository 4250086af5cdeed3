import { isValidElement, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Icon } from "../../icon.tsx";
import { hasModifier } from "../../keys.ts";
import { useWords } from "../../words.tsx";
import type { CodePiece } from "./highlight.ts";

/** The `code` inside a `pre`, as Markdown makes it. */
interface CodeProps {
	readonly className?: string;
	readonly children?: ReactNode;
}

/** Code longer than this is shown without colours; colouring it would hold up the page. */
const MAX_COLOURED = 40_000;

/** Lines from which a block scrolls in itself, so that what comes after it can be reached. */
const LONG_LINES = 60;

/** A block of code as Markdown makes it. */
export function CodeBlock({ children }: { readonly children?: ReactNode }): ReactNode {
	const props = isValidElement<CodeProps>(children) ? children.props : {};
	const text = typeof props.children === "string" ? props.children.replace(/\n$/, "") : "";
	const language = /language-([\w+#-]+)/.exec(props.className ?? "")?.[1] ?? "";
	return <Code text={text} language={language} growing={false} />;
}

function linesOf(text: string): number {
	let lines = 1;
	for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
	return lines;
}

/** Code with its language and a way to copy it; coloured once it has come whole. */
export function Code(props: {
	readonly text: string;
	readonly language: string;
	readonly growing: boolean;
}): ReactNode {
	const { text, language, growing } = props;
	const words = useWords();
	const [coloured, setColoured] = useState<{ of: string; pieces: readonly CodePiece[] | null } | null>(null);
	const [copied, setCopied] = useState(false);
	const block = useRef<HTMLPreElement>(null);
	const lines = linesOf(text);
	const pieces = coloured?.of === text ? coloured.pieces : null;

	useEffect(() => {
		let wanted = true;
		if (language === "" || growing || text.length > MAX_COLOURED) return undefined;
		void import("./highlight.ts").then(({ highlight }) => {
			if (wanted) setColoured({ of: text, pieces: highlight(text, language) });
		});
		return () => {
			wanted = false;
		};
	}, [text, language, growing]);

	// The end of code that is coming stays in view.
	useLayoutEffect(() => {
		if (growing && lines > LONG_LINES && block.current !== null)
			block.current.scrollTop = block.current.scrollHeight;
	}, [growing, lines]);

	function copy(): void {
		void navigator.clipboard.writeText(text).then(() => {
			setCopied(true);
			setTimeout(() => setCopied(false), 2_000);
		});
	}

	return (
		<div className="code">
			<header>
				<span>
					{language === "" ? words.say("chat.code") : language}
					{lines > LONG_LINES ? ` · ${words.say("chat.lines", { count: lines })}` : ""}
				</span>
				<button type="button" className="button button-small button-plain" onClick={copy}>
					<Icon name={copied ? "check" : "copy"} />
					{words.say(copied ? "ui.copied" : "ui.copy")}
				</button>
			</header>
			{/* A block that can be scrolled must be reachable by keyboard. */}
			<pre
				ref={block}
				className={lines > LONG_LINES ? "is-long" : ""}
				tabIndex={0}
				dir="ltr"
				aria-label={language === "" ? words.say("chat.code") : words.say("chat.code-in", { language })}
				onKeyDown={(event) => {
					// The system's key copies the whole block where nothing in it is selected.
					if (!hasModifier(event) || event.key.toLowerCase() !== "c") return;
					if (window.getSelection()?.isCollapsed === false) return;
					copy();
					event.preventDefault();
				}}
			>
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
