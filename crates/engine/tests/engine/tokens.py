"""Counts tokens with vocabularies that a wheel carries. argv: the wheel; stdin: texts as JSON; stdout: lists of counts."""

import json
import sys
import zipfile

from tokenizers import Tokenizer

FOLDER = "litellm/litellm_core_utils/tokenizers/"
wheel = zipfile.ZipFile(sys.argv[1])
texts = json.load(sys.stdin)
counts = {}
for name in ["anthropic", "deepseek"]:
    tokenizer = Tokenizer.from_str(wheel.read(f"{FOLDER}{name}_tokenizer.json").decode())
    encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
    counts[name] = [len(each.ids) for each in encoded]
json.dump(counts, sys.stdout)
