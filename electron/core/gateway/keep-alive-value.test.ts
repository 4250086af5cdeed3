import { expect, it } from "vitest";
import { keepAliveMs } from "./keep-alive-value.ts";

it.each([
	[0, 0],
	[-0, 0],
	["0", 0],
	["+0", 0],
	["0s", 0],
	["0h0m0s", 0],
	["0.0ms", 0],
	[300, 300_000],
	[1.5, 1_500],
	["5m", 300_000],
	["1h30m", 5_400_000],
	["1.5h", 5_400_000],
	[".5s", 500],
	["-1m", -1],
	[-1, -1],
])("%j is %d ms", (value, ms) => {
	expect(keepAliveMs(value)).toBe(ms);
});

it.each([
	"",
	"5",
	"-1",
	"5 m",
	"m",
	"5x",
	"1h ",
	true,
	null,
	undefined,
	{},
	Number.NaN,
	Number.POSITIVE_INFINITY,
])("%j is none, as the engine sees it", (value) => {
	expect(keepAliveMs(value)).toBeNull();
});
