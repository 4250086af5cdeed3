import type { ReactNode } from "react";

/** Drawings that icons and marks refer to by their ids; they take no room themselves. */
export function Drawings({ children }: { readonly children: ReactNode }): ReactNode {
	return (
		<svg className="sprite" width="0" height="0" aria-hidden="true">
			<defs>{children}</defs>
		</svg>
	);
}
