import { randomUUID } from "node:crypto";
import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { ReleaseResult } from "../../../shared/operation.ts";
import type { Emergency, EmergencyModel, EmergencyStep } from "../../../shared/watchdog.ts";

/** Keeps what an emergency did while it does it. */
export interface EmergencyRecord {
	now(): Emergency;
	step(step: EmergencyStep): void;
	asked(model: LoadedModel, answersElsewhere: boolean): void;
	released(key: ModelKey, result: Pick<ReleaseResult, "grade" | "releasedBytes">): void;
	loadEnded(name: string): void;
	chatEnded(): void;
	carriedEnded(): void;
	/** True the first time this name is noted. */
	notStopped(name: string): boolean;
	/** It is over, and requests are let through again. */
	ended(at: number): void;
	/** Every model that was asked has been judged. */
	settled(): boolean;
}

/** Begins a record. */
export function beginRecord(startedAt: number, availableBytes: number, retryAt: number): EmergencyRecord {
	let record: Emergency = {
		id: randomUUID(),
		startedAt,
		endedAt: null,
		step: 1,
		availableBytes,
		models: [],
		loadsEnded: [],
		ownAnswersEnded: 0,
		carriedAnswersEnded: 0,
		notStopped: [],
		releasedBytes: 0,
		retryAt,
	};
	const put = (change: Partial<Emergency>): void => {
		record = { ...record, ...change };
	};
	const putModel = (key: ModelKey, change: Partial<EmergencyModel>): void => {
		const models = record.models.map((model) => (model.key === key ? { ...model, ...change } : model));
		put({ models, releasedBytes: models.reduce((sum, model) => sum + model.releasedBytes, 0) });
	};
	return {
		now: () => record,
		step: (step) => put({ step }),
		asked({ key, name }, answersElsewhere) {
			if (record.models.some((model) => model.key === key)) putModel(key, { answersElsewhere });
			else
				put({
					models: [...record.models, { key, name, grade: null, releasedBytes: 0, answersElsewhere }],
				});
		},
		released: (key, { grade, releasedBytes }) => putModel(key, { grade, releasedBytes }),
		loadEnded: (name) => put({ loadsEnded: [...record.loadsEnded, name] }),
		chatEnded: () => put({ ownAnswersEnded: record.ownAnswersEnded + 1 }),
		carriedEnded: () => put({ carriedAnswersEnded: record.carriedAnswersEnded + 1 }),
		notStopped(name) {
			if (record.notStopped.includes(name)) return false;
			put({ notStopped: [...record.notStopped, name] });
			return true;
		},
		ended: (endedAt) => put({ endedAt, retryAt: endedAt }),
		settled: () => record.models.every(({ grade }) => grade !== null),
	};
}
