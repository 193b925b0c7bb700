"""weigh: how much each of the nine modalities matters to the message, unless the listener has set that by hand."""

from typing import Final

from segue.agent.attempt import attempt
from segue.agent.parts import Parts
from segue.agent.state import State, Update
from segue.agent.toolbox.calls import call
from segue.agent.turn import Receipt
from segue.tools.importance import ModalityWeights

WITHOUT_EFFECT: Final = (
    "Your modality weights are shown, but the order gives the generator, through which they act, no weight here."
)


async def weigh(state: State, parts: Parts) -> Update:
    """Score the modalities."""
    if state.get("weights") is not None:
        if parts.recommender.heeds_generator(first=not state.get("past")):
            return {}
        return {"receipts": [*state["receipts"], Receipt(kind="unmet", text=WITHOUT_EFFECT)]}
    past = state.get("past") or []
    arguments = {"message": state["wish"].text, "before": past[-1]["reply"] if past else ""}
    called, receipts = await attempt(
        "Weighing the modalities",
        parts.budgets.weigh,
        call(parts.tools["weigh"], arguments, f"{state['id']}-weigh"),
        None,
        "all count alike",
    )
    weights = ModalityWeights() if called is None else called.result
    messages = [] if called is None else called.messages
    return {"weights": weights, "messages": messages, "receipts": [*state["receipts"], *receipts]}
