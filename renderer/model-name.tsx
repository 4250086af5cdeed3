import type { ReactNode } from "react";
import { modelLabel } from "./model-label.ts";

/** A model's name, cut off with an ellipsis where it does not fit; its direction is its own. */
export function ModelName({ name }: { readonly name: string }): ReactNode {
	const { base, tag, spoken, path } = modelLabel(name);
	return (
		<div className="name truncate" title={`${path}${spoken}`}>
			<bdi>{base}</bdi>
			{tag === "" ? null : <bdi className="tag"> {tag}</bdi>}
		</div>
	);
}
