import { onDemand } from "../../on-demand.tsx";

/** What else can be done with a model. */
export const LoadMenu = onDemand(async () => (await import("./load-menu.tsx")).LoadMenu);

/** What a load that does not simply fit would cost. */
export const LoadChoice = onDemand(async () => (await import("./load-choice.tsx")).LoadChoice);

/** Whether a model shall really be deleted. */
export const DeleteQuestion = onDemand(async () => (await import("./delete-question.tsx")).DeleteQuestion);
