import { expect } from "vitest";
import { routes } from "../routes.ts";
import type { Answer } from "./raw-http.ts";

/** The answer's body, once it was found to be of the shape that its route declares for its status. */
export function declared(answer: Answer, name: string): Record<string, unknown> {
	const response = routes
		.find((route) => route.name === name)
		?.responses.find((one) => one.status === answer.status);
	expect(response?.body, `${name} declares ${answer.status}`).toBeDefined();
	response?.body?.parse(answer.json());
	return answer.json();
}
