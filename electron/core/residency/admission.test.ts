import { describe, expect, it } from "vitest";
import { fromGb } from "../../../shared/units.ts";
import type { AdmissionAnswer, AdmissionTicket, AdmissionWait } from "./admission.ts";
import { createFakeWorld } from "./testing/fake-world.ts";

const gateway = { requestedBy: "gateway", force: false } as const;

function ticket(answer: AdmissionAnswer): AdmissionTicket {
	if (answer.kind !== "ticket") throw new Error(`not a ticket: ${answer.kind}`);
	return answer;
}

function wait(answer: AdmissionAnswer): AdmissionWait {
	if (answer.kind !== "wait") throw new Error(`not a place in the queue: ${answer.kind}`);
	return answer;
}

describe("admission", () => {
	it("lets a loaded model through at once and holds nothing for it", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.appear("a:latest");
		await world.poll();
		world.availableBytes = 0;
		expect(ticket(await world.residency.admission.admit({ model: "A", ...gateway })).basis).toBe("loaded");
		expect(world.residency.admission.loadingKeys().size).toBe(0);
	});

	it("lets cloud models and unknown names through: no local memory is at stake", async () => {
		const world = createFakeWorld();
		world.availableBytes = 0;
		for (const model of ["gpt-oss:120b-cloud", "never-heard-of"])
			expect(ticket(await world.residency.admission.admit({ model, ...gateway })).basis).toBe("free");
	});

	it("refuses what the model takes and what must stay free together, with the figures, unless forced", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		// A margin of 5 % and 0.3 GB comes on top of a size that is all that is known; 1 GB has to stay free.
		world.availableBytes = fromGb(6);
		const answer = await world.residency.admission.admit({ model: "a", ...gateway });
		expect(answer).toMatchObject({
			kind: "refusal",
			error: { code: "memory-too-low", params: { neededBytes: fromGb(5.5), availableBytes: fromGb(4.9) } },
		});
		world.availableBytes = fromGb(7);
		ticket(await world.residency.admission.admit({ model: "a", ...gateway })).release();
		world.availableBytes = 0;
		ticket(await world.residency.admission.admit({ model: "a", ...gateway, force: true })).release();
	});

	it("takes off what loaded models will still take when they work", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.install("b:latest", 4);
		world.appear("b:latest");
		await world.poll();
		world.availableBytes = fromGb(8);
		world.answer("b:latest");
		world.runner("b:latest").heldBytes = fromGb(2);
		await world.clock.advance(5_000);
		expect(
			await world.residency.admission.admit({ model: "a", ...gateway, requestedBy: "popover" }),
		).toMatchObject({
			kind: "refusal",
			error: { params: { neededBytes: fromGb(5.5), availableBytes: fromGb(4.9) } },
		});
		world.runner("b:latest").heldBytes = fromGb(3.9);
		await world.clock.advance(5_000);
		ticket(await world.residency.admission.admit({ model: "a", ...gateway })).release();
	});

	it("judges nothing for an engine whose memory is not this machine's", async () => {
		const world = createFakeWorld();
		world.remoteEngine();
		world.install("a:latest", 4);
		world.availableBytes = 0;
		expect(ticket(await world.residency.admission.admit({ model: "a", ...gateway })).basis).toBe("load");
	});

	it("lets one load run at a time; the next gets its turn when the first is listed", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.install("b:latest", 4);
		await world.poll();
		const first = ticket(await world.residency.admission.admit({ model: "a", ...gateway }));
		expect(first.basis).toBe("load");
		const second = wait(await world.residency.admission.admit({ model: "b", ...gateway }));
		expect(second.position).toBe(1);
		expect(world.residency.operations()).toMatchObject([{ name: "a:latest", requestedBy: "gateway" }]);
		world.appear("a:latest");
		await world.poll();
		expect((await world.clock.until(second.ready, 1_000)).basis).toBe("load");
		expect([...world.residency.admission.loadingKeys()]).toEqual([
			world.installed.find((model) => model.name === "b:latest")?.key,
		]);
		first.release();
		expect(world.residency.admission.loadingKeys().size).toBe(1);
		expect(world.events.map((event) => event.message.id)).toEqual(["event.loaded"]);
		expect(world.own.size).toBe(1);
	});

	it("lets a second request for the same model join the load that runs", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		const first = ticket(await world.residency.admission.admit({ model: "a", ...gateway }));
		const second = ticket(await world.residency.admission.admit({ model: "a", ...gateway }));
		expect(second.basis).toBe("joined");
		first.release();
		expect(world.residency.admission.loadingKeys().size).toBe(1);
		second.release();
		expect(world.residency.admission.loadingKeys().size).toBe(0);
		expect(world.residency.operations()).toEqual([]);
	});

	it("gives the turn on when a request closes without having loaded anything", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.install("b:latest", 4);
		const first = ticket(await world.residency.admission.admit({ model: "a", ...gateway }));
		const second = wait(await world.residency.admission.admit({ model: "b", ...gateway }));
		first.release();
		first.release();
		expect((await world.clock.until(second.ready, 1_000)).basis).toBe("load");
	});

	it("refuses one that waited when memory has become too low by then", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.install("b:latest", 4);
		const first = ticket(await world.residency.admission.admit({ model: "a", ...gateway }));
		const second = wait(await world.residency.admission.admit({ model: "b", ...gateway }));
		world.availableBytes = fromGb(1);
		first.release();
		await expect(world.clock.until(second.ready, 1_000)).rejects.toMatchObject({
			code: "memory-too-low",
		});
	});

	it("lets a place be given up", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.install("b:latest", 4);
		const first = ticket(await world.residency.admission.admit({ model: "a", ...gateway }));
		const second = wait(await world.residency.admission.admit({ model: "b", ...gateway }));
		second.leave();
		await expect(second.ready).rejects.toMatchObject({ code: "cancelled" });
		first.release();
		await world.clock.advance(100);
		expect(world.residency.admission.loadingKeys().size).toBe(0);
	});

	it("sends everybody away when the engine dies", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		world.install("b:latest", 4);
		ticket(await world.residency.admission.admit({ model: "a", ...gateway }));
		const second = wait(await world.residency.admission.admit({ model: "b", ...gateway }));
		world.engineDies();
		await expect(second.ready).rejects.toMatchObject({ code: "engine-unreachable" });
		expect(world.residency.operations()).toEqual([]);
	});

	it("closes the request that loads when its row is cancelled", async () => {
		const world = createFakeWorld();
		world.install("a:latest", 4);
		let closed = false;
		ticket(
			await world.residency.admission.admit({
				model: "a",
				...gateway,
				cancel: () => {
					closed = true;
				},
			}),
		);
		await world.residency.cancel(world.residency.operations()[0]?.id ?? "");
		expect(closed).toBe(true);
	});
});
