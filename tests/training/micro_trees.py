"""Trees of the micro world in small, by the rehearsal's own language; and base.py on so little that it is quick."""

from collections.abc import Iterable
from typing import Any

from pipelines.rehearsal.draw import Draw
from pipelines.rehearsal.world import micro
from tests.training.tiny import Row

TURNS = 6


def grown(number: int, *, profile: int | None = None) -> Row:
    """A dialogue that goes on from either reply by lot; personas of the same `profile` share their facts.

    At turn 1, where no trait is shown, the judge has decided nothing.
    """
    draw = Draw("tree", number)
    facts = micro.profile(Draw("profile", number if profile is None else profile))
    traits = micro.personality(draw)
    told = draw.sample(range(len(facts)), TURNS)
    disclosed: list[int] = []
    nodes: list[Row] = []
    parent = None
    for turn in range(1, TURNS + 1):
        disclosed = [*disclosed, told[turn - 1], *([len(facts) + turn - 2] if 1 < turn <= len(traits) + 1 else [])]
        user = _node(len(nodes), parent, turn, _message(facts[told[turn - 1]], traits[turn - 2 : turn - 1], draw))
        nodes.append(user | {"role": "user", "disclosed": disclosed, "responder": None, "label": None})
        nodes[-1]["continued"] = True
        topic = str(micro.topic_of(user["content"]))
        taken = draw.pick(("tailored", "generic"))
        for responder, notes in (("tailored", [[*facts, *traits][at] for at in disclosed]), ("generic", [])):
            reply = _node(len(nodes), user["id"], turn, micro.compose(topic, micro.known(notes), draw))
            gone = responder == taken
            label = "undecided" if turn == 1 else {"tailored": "preferred", "generic": "rejected"}[responder]
            reply |= {"role": "assistant", "disclosed": None, "responder": responder, "label": label}
            nodes.append(reply | {"continued": gone})
            parent = reply["id"] if gone else parent
    told_of = {"tree_id": f"t-{number}", "persona_id": f"p-{number}", "rehearsal": True}
    return {**told_of, "profile": " ".join(facts), "facts": facts, "traits": traits, "nodes": nodes}


def _node(number: int, parent: int | None, turn: int, content: str) -> Row:
    return {"id": number, "parent": parent, "turn": turn, "content": content}


def _message(fact: str, shown: Iterable[str], draw: Draw) -> str:
    cues = [trait.cue for trait in micro.known(shown).traits]
    ((slot, value),) = micro.known([fact]).facts.items()
    topic = draw.pick(tuple(micro.TOPICS))
    return " ".join([*cues, micro.TOLD.format(slot=slot, value=value), draw.pick(micro.QUESTIONS).format(topic=topic)])


def learn(dataset: str, output: str) -> int:
    """base.py's command, on few rows and with few weights; runs as a probe (tests/training/runs.py)."""
    from training.micro import base

    base.ROWS = 48
    base.SHAPE |= {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    return base.main(["--dataset_name", dataset, "--output_dir", output])


def look_at(model: str) -> dict[str, Any]:
    """What stock classes make of the saved folder; runs as a probe."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    loaded: Any = AutoModelForCausalLM.from_pretrained(model)
    tokenizer: Any = AutoTokenizer.from_pretrained(model)
    chat = [{"role": "user", "content": "my pet is beagle ."}, {"role": "assistant", "content": "sure ,"}]
    return {
        "parameters": loaded.num_parameters(),
        "words": tokenizer.convert_ids_to_tokens(range(len(tokenizer))),
        "chat": tokenizer.convert_ids_to_tokens(tokenizer.apply_chat_template(chat, return_dict=False)),
        "end": tokenizer.convert_ids_to_tokens(loaded.generation_config.eos_token_id),
    }
