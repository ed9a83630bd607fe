"""pip install openai anthropic google-genai"""

import os

from anthropic import Anthropic
from google import genai
from openai import OpenAI

url = os.environ.get("SLUICE_URL", "http://127.0.0.1:8080")
key = os.environ["SLUICE_KEY"]

openai = OpenAI(base_url=f"{url}/v1", api_key=key)
stream = openai.chat.completions.create(
    model="sandbox/chat",
    messages=[{"role": "user", "content": "Hello from OpenAI's SDK"}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()

anthropic = Anthropic(base_url=url, api_key=key)
message = anthropic.messages.create(
    model="sandbox/chat",
    max_tokens=100,
    messages=[{"role": "user", "content": "Hello from Anthropic's SDK"}],
)
print(message.content[0].text)

gemini = genai.Client(api_key=key, http_options={"base_url": url})
answer = gemini.models.generate_content(model="sandbox/chat", contents="Hello from Google's SDK")
print(answer.text)
