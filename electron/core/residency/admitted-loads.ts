import type { Stop } from "../ports.ts";
import type { Admission } from "./admission.ts";
import type { Observer } from "./observer.ts";
import type { BoardEntry, OperationBoard } from "./operation-board.ts";

/**
 * Shows loads that passed the gate for a request of chat or gateway: the request itself loads the model, so the row
 * stands for it, and cancelling means closing it.
 */
export function followAdmitted(admission: Admission, observer: Observer, board: OperationBoard): Stop {
	const rows = new Map<string, { readonly row: BoardEntry; readonly stopExpecting: Stop }>();

	function progress(): void {
		for (const [key, { row }] of rows) {
			const seen = observer.loaded().find((model) => model.key === key);
			const progressBytes = row.row().progress?.totalBytes ?? 0;
			if (seen === undefined || seen.process === null) continue;
			row.change({
				progress: {
					doneBytes: seen.footprintBytes,
					totalBytes: Math.max(progressBytes, seen.footprintBytes),
				},
			});
		}
	}

	const stopLoads = admission.onLoad((load, running) => {
		const known = rows.get(load.key);
		if (!running) {
			rows.delete(load.key);
			known?.stopExpecting();
			known?.row.remove();
			return;
		}
		const shown = board.list().some((row) => row.kind === "load" && row.key === load.key);
		if (shown || known !== undefined) return;
		const row = board.add(
			{
				kind: "load",
				name: load.model.name,
				key: load.key,
				state: "running",
				requestedBy: load.requestedBy,
			},
			async () => load.cancel?.(),
		);
		row.change({ progress: { doneBytes: 0, totalBytes: load.model.sizeBytes } });
		rows.set(load.key, { row, stopExpecting: observer.expecting(load.key) });
	});
	const stopProgress = observer.onChange(progress);
	return () => {
		stopLoads();
		stopProgress();
		for (const { row, stopExpecting } of rows.values()) {
			stopExpecting();
			row.remove();
		}
	};
}
