import { expect, it } from "vitest";
import { isThisMachine, localityOf } from "./locality.ts";

it.each([
	["http://127.0.0.1:11434", true],
	["http://127.8.9.1", true],
	["http://localhost:11434", true],
	["http://[::1]:11434", true],
	["http://0.0.0.0:11434", true],
	["http://[::ffff:127.0.0.1]:1", true],
	["http://192.168.7.7:11434", true],
	["http://192.168.7.8:11434", false],
	["http://[::ffff:10.0.0.1]:1", false],
	["https://ollama.example", false],
	["http://127.0.0.1.example", false],
	["not a url", false],
])("knows whether %s is this machine: %s", (url, own) => {
	expect(isThisMachine(url, () => ["192.168.7.7"])).toBe(own);
});

it.each([
	["http://127.0.0.1:11434", true, "local"],
	["http://127.0.0.1:11434", false, "unseen"],
	["http://gpu.example:11434", true, "remote"],
	["http://gpu.example:11434", false, "remote"],
])("calls %s, seen %s, %s", (url, engineSeen, locality) => {
	expect(localityOf({ url, engineSeen, anyLoaded: true })).toBe(locality);
	expect(localityOf({ url, engineSeen, anyLoaded: false })).toBe(locality);
});
