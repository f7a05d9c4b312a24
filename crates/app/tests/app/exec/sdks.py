"""The official clients of both makers, as they are, through the gateway: streaming, tools, errors.

Runs below `trireme exec`, which sets their addresses and keys. Any failed assertion ends it with a traceback."""

import os

import anthropic
import openai

CLAUDE, GPT = "claude-haiku-5-5", "gpt-6-luna"
ASK = [{"role": "user", "content": "Row, row, row your boat."}]
TEXT, CITY = "Row your boat.", {"city": "Piraeus"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def play(what):
    return {"extra_headers": {"x-play": what}}


def messages(client):
    said = client.messages.create(model=CLAUDE, max_tokens=100, messages=ASK)
    assert said.content[0].text == TEXT and said.usage.output_tokens == 20, said
    with client.messages.stream(model=CLAUDE, max_tokens=100, messages=ASK) as stream:
        assert "".join(stream.text_stream) == TEXT
        assert stream.get_final_message().usage.output_tokens == 20
    tools = [{"name": "weather", "description": "of a city", "input_schema": SCHEMA}]
    called = client.messages.create(
        model=CLAUDE, max_tokens=100, messages=ASK, tools=tools, **play("tool=weather")
    )
    assert called.stop_reason == "tool_use" and called.content[0].input == CITY, called
    with client.messages.stream(
        model=CLAUDE, max_tokens=100, messages=ASK, tools=tools, **play("tool=weather")
    ) as stream:
        assert stream.get_final_message().content[0].input == CITY
    result = [
        *ASK,
        {"role": "assistant", "content": called.content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": called.content[0].id, "content": "sun"}]},
    ]
    assert client.messages.create(model=CLAUDE, max_tokens=100, messages=result, tools=tools).content[0].text == TEXT
    assert client.messages.count_tokens(model=CLAUDE, messages=ASK).input_tokens == 42
    assert CLAUDE in [model.id for model in client.models.list(limit=1000)]


def responses(client):
    said = client.responses.create(model=GPT, input=ASK)
    assert said.output_text == TEXT and said.usage.output_tokens == 20, said
    with client.responses.stream(model=GPT, input=ASK) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        assert "".join(deltas) == TEXT
        assert stream.get_final_response().usage.output_tokens == 20
    tools = [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}]
    called = client.responses.create(model=GPT, input=ASK, tools=tools, **play("tool=weather"))
    assert called.output[0].arguments == '{"city":"Piraeus"}', called


def chat(client):
    said = client.chat.completions.create(model=GPT, messages=ASK)
    assert said.choices[0].message.content == TEXT and said.usage.completion_tokens == 20, said
    # Nobody asks for usage here: the gateway does, and the client takes it.
    chunks = list(client.chat.completions.create(model=GPT, messages=ASK, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == TEXT and chunks[-1].usage.completion_tokens == 20, chunks
    tools = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
    called = client.chat.completions.create(model=GPT, messages=ASK, tools=tools, **play("tool=weather"))
    assert called.choices[0].message.tool_calls[0].function.arguments == '{"city":"Piraeus"}', called
    assert GPT in [model.id for model in client.models.list()]


def refused(error, status, words, call):
    """The call ends in this error, and the client does not try again by itself."""
    try:
        call()
    except error as told:
        assert told.status_code == status and words in str(told), told
        return
    raise AssertionError(f"{status} was expected")


def errors(claude, gpt):
    def ask_claude(model=CLAUDE, **more):
        return lambda: claude.messages.create(model=model, max_tokens=100, messages=ASK, **more)

    refused(anthropic.NotFoundError, 404, "no price is known", ask_claude("mystery"))
    refused(anthropic.BadRequestError, 400, "as played", ask_claude(**play("fault=400")))
    refused(openai.NotFoundError, 404, "no price is known", lambda: gpt.responses.create(model="mystery", input=ASK))
    stranger = anthropic.Anthropic(api_key="stranger", auth_token=None)
    refused(
        anthropic.AuthenticationError,
        401,
        "no key of the gateway",
        lambda: stranger.messages.create(model=CLAUDE, max_tokens=100, messages=ASK),
    )
    # Answers that cost all that they may, until nothing is left; after that there is nothing but 402.
    dear = {"messages": ASK, **play("use=full")}
    wholly = [
        (anthropic, lambda: claude.messages.create(model="claude-fable-5-2", max_tokens=20_000, **dear)),
        (openai, lambda: gpt.responses.create(model="gpt-6-astra", input=ASK, **play("use=full"))),
        (openai, lambda: gpt.chat.completions.create(model="gpt-6-astra", **dear)),
    ]
    for maker, call in wholly:
        refused(maker.APIStatusError, 402, "is spent", lambda call=call: until_it_fails(call))


def until_it_fails(call):
    while True:
        call()


claude, gpt = anthropic.Anthropic(), openai.OpenAI()
assert os.environ["ANTHROPIC_API_KEY"].startswith("trireme-")
assert not any("sk-real" in value for value in os.environ.values()), "the Owner's key is in the environment"
messages(claude)
responses(gpt)
chat(gpt)
errors(claude, gpt)
print("all clients are served")
