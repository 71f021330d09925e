#!/usr/bin/env python3
"""What transformers' apply_chat_template makes of conversations, for tests/data/chat.

    oracle/make_chat_goldens.py templates tests/data/chat/templates.json SOURCE=FOLDER...
    oracle/make_chat_goldens.py rules tests/data/chat/rules.json

SOURCE says where a folder of .jinja files is from and under which licence. `rules` are small templates, one for each
construct. Needs transformers; no test does.
"""
import datetime
import json
import pathlib
import sys

import transformers.utils.chat_template_utils as chat

MOMENT = datetime.datetime(2026, 3, 9, 12, 0, 0)  # 1773057600 in UTC


class Frozen(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return MOMENT


chat.datetime = Frozen

CONVERSATIONS = [
    [{"role": "user", "content": "What is 2 + 2?"}],
    [{"role": "system", "content": "Answer in one word."}, {"role": "user", "content": "Say \"yes\" <or> 'no' & why"}],
    [
        {"role": "user", "content": "  Hello \n"},
        {"role": "assistant", "content": "Hi there.\n\n"},
        {"role": "user", "content": "Gr\u00fc\u00dfe, \u4f60\u597d \U0001f600 {{ x }} {% y %}"},
    ],
    [
        {"role": "system", "content": "Be brief.\nVery."},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "<think>\nhm\n</think>\n\nb"},
        {"role": "user", "content": "c"},
        {"role": "assistant", "content": "d"},
    ],
    [{"role": "user", "content": [{"type": "text", "text": "In parts"}]}],
]
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}

RULES = r"""
{{ 1 + 2 * 3 - 4 // 3 }} {{ 7 % 4 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 5 }} {{ 7 / 2 }} {{ 1.0 }} {{ 1e3 if false }}
{{ 'a' ~ 1 ~ none ~ true ~ 1.5 ~ [1, 'b', none, 2.0] ~ {'k': 'it''s'} ~ (1,) ~ (1, 'x') }}
{{ "a\n\t\\\"\x41\u00e9" }}|{{ 'it"s' }}|{{ ["it's", 'q"q', 'both\'"', 'n\n'] }}
{{ missing }}|{{ missing is defined }}|{{ missing or 'x' }}|{{ missing | default('d') }}|{{ '' | default('e', true) }}|{{ missing|length }}
{{ missing == none }} {{ none is none }} {{ missing is none }} {{ 1 == true }} {{ 1 == 1.0 }} {{ '1' == 1 }} {{ [1, 2] == [1, 2] }} {{ (1,) == [1] }}
{{ 'b' in 'abc' }} {{ 'x' not in ['x'] }} {{ 'k' in {'k': 1} }} {{ 'z' in missing }} {{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 'a' < 'b' }}
{{ not true or true }} {{ not (true and false) }} {{ 1 and 0 or 'z' }} {{ 'x' if 1 > 2 else 'y' if false else 'w' }}|{{ 'x' if false }}
{{ [1, 2, 3][-1] }} {{ [1, 2, 3][5] }} {{ [1, 2, 3, 4][1:3] }} {{ [1, 2, 3, 4][::-1] }} {{ [1, 2, 3, 4][:-1] }} {{ 'h\u00e9llo'[1:3] }} {{ 'h\u00e9llo'[1] }} {{ 'abc'[::-1] }} {{ [1,2,3,4,5][4:1:-2] }}
{{ messages[0]['content'] }} {{ messages[0].role }} {{ messages[0].nothing }}|{{ messages[0]['nothing'] }}|{{ messages[-1]["role"] }} {{ messages[7] }}
{{ {'a': 1, 'b': {'c': [1, 2]}}.b.c[1] }} {{ {'a': 1}.get('a') }} {{ {'a': 1}.get('z') }} {{ {'a': 1}.get('z', 5) }} {{ {'a': 1, 'b': 2}.items() | list }} {{ {'a': 1}.keys() | list }} {{ {'a': 1}.values() | list }}
{{ ' a b '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'xay'.lstrip('x') }}|{{ 'xay'.rstrip('y') }}|{{ ' \u00a0a\u3000'.strip() }}|{{ 'a,b,,c'.split(',') }}|{{ ' a  b '.split() }}|{{ 'a,b,c'.split(',', 1) }}|{{ 'a,b,c'.rsplit(',', 1) }}|{{ 'a b  c'.split(none, 1) }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith('c') }} {{ 'aXbX'.replace('X', '-') }} {{ 'aXbX'.replace('X', '-', 1) }} {{ 'abcb'.find('b') }} {{ 'abcb'.rfind('b') }} {{ 'abcb'.find('z') }} {{ 'abcb'.count('b') }} {{ 'prefix'.removeprefix('pre') }} {{ '-'.join(['a', 'b']) }}
{{ 'aB c'.upper() }} {{ 'aB c'.lower() }} {{ "they're bill's 3d".title() }} {{ 'aB c'.capitalize() }} {{ '12'.isdigit() }} {{ ''.isdigit() }} {{ 'ab'.isalpha() }} {{ ' '.isspace() }} {{ 'a\nb\r\nc\n'.splitlines() }}
{{ ' x ' | trim }}|{{ 'a' | upper }}|{{ 'Ab' | lower }}|{{ 'aB' | capitalize }}|{{ [1, 2] | length }}|{{ 'h\u00e9' | length }}|{{ 'abc' | count }}|{{ 'abc' | first }}|{{ [1, 2] | last }}|{{ [] | first }}
{{ [1, 'a'] | join(', ') }} {{ [{'n': 1}, {'n': 2}] | join('-', attribute='n') }} {{ 'abc' | join('.') }} {{ 'abc' | list }} {{ 'abc' | reverse }} {{ [1, 2] | reverse | list }} {{ 'aXb' | replace('X', 'YY') }}
{{ {'a': [1, 2.5, true, none, 'q"\n\u00e9<&\''], 'b': {}} | tojson }} {{ {'b': 1, 'a': [1, {}]} | tojson(indent=2) }} {{ [] | tojson }} {{ 'é' | tojson(ensure_ascii=true) }} {{ [1, 2] | tojson(separators=(',', ':')) }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}
{{ messages | map(attribute='role') | list }} {{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ messages | rejectattr('role', 'eq', 'user') | list | length }} {{ [1, none, 0, 2] | select | list }} {{ [1, 2, 3] | select('odd') | list }} {{ [1, 2, 3] | reject('gt', 2) | list }} {{ ['a', 'b'] | map('upper') | list }}
{{ [3, 1, 2] | sort }} {{ ['b', 'A', 'c'] | sort }} {{ [3, 1] | sort(reverse=true) }} {{ {'b': 1, 'A': 2} | dictsort }} {{ [1, 2, 1] | unique | list }} {{ [1, 2] | sum }} {{ [2, 1] | min }} {{ [2, 1] | max }} {{ {'a': 1} | items | list }}
{{ '12' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ 3.7 | int }} {{ -3 | abs }} {{ 5 | string ~ 'x' }} {{ 'a\nb\n\nc' | indent(2) }} {{ 'a\nb' | indent(2, true) }} {{ 'x<y' | safe }}
{{ 'a' is string }} {{ 1 is number }} {{ true is number }} {{ 1.5 is float }} {{ 1 is integer }} {{ true is integer }} {{ true is boolean }} {{ {} is mapping }} {{ [] is iterable }} {{ 'a' is iterable }} {{ 1 is iterable }} {{ [] is sequence }} {{ {} is sequence }} {{ missing is iterable }} {{ true is true }} {{ 1 is true }} {{ 4 is divisibleby 2 }} {{ 3 is odd }} {{ 'a' is in ['a'] }} {{ 'a' is eq 'a' }} {{ 1 is not none }}
{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.previtem.role if not loop.first }}{{ loop.nextitem.role if loop.nextitem is defined }};{% endfor %}
{% for a, b in [(1, 2), [3, 4]] %}{{ a }}-{{ b }} {% endfor %}{% for k, v in {'x': 1}.items() %}{{ k }}{{ v }}{% endfor %}{% for k in {'x': 1} %}{{ k }}{% endfor %}{% for c in 'ab' %}{{ c }}.{% endfor %}{% for x in [] %}n{% else %}none{% endfor %}{% for x in missing %}n{% else %}none{% endfor %}
{% for x in [1, 2, 3, 4] if x is even %}{{ loop.index }}:{{ x }} {% endfor %}{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}{% for x in range(5, 0, -2) %}{{ x }}{% endfor %}{% for x in [1,2] %}{{ loop.cycle('a', 'b') }}{% endfor %}
{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 9 %}{% endif %}{{ x }}{% set ns = namespace(n=0, s='') %}{% for i in [1, 2, 3] %}{% set ns.n = ns.n + i %}{% set ns.t = i %}{% endfor %}{{ ns.n }}{{ ns.t }}{{ ns.u }}{% set a, b = 1, 2 %}{{ b }}{{ a }}
{% set block %}  inner {{ 1 + 1 }}
{% endset %}[{{ block }}]{% set y %}{% endset %}[{{ y }}]
{% macro f(a, b='B', c=a) %}{{ a }}{{ b }}{{ c }}{{ d }}{% endmacro %}{{ f(1) }}|{{ f(1, c=3) }}|{{ f('x', 'y', 'z') }}|{% set d = 'late' %}{{ f(0) }}|{% macro g(n) %}{{ n }}{% if n > 0 %}{{ g(n - 1) }}{% endif %}{% endmacro %}{{ g(3) }}
{% macro h(a, b=2, c=3) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ h(*[1, 5]) }} {{ h(*'xy', c='z') }} {{ h(**{'a': 1, 'c': 0}) }} {{ 'a,b,c'.split(*[',', 1]) }}
{% if messages[0]['role'] == 'system' %}S{% elif messages|length > 1 and false %}T{% else %}E{% endif %}{% if [] %}a{% endif %}{% if not {} %}b{% endif %}{% if 0.0 %}c{% endif %}{% if '0' %}d{% endif %}
  {% if true %}
    indented
  {%- endif -%}
   tail {#- note -#}  x
  {# whole line #}
  {%+ if true %}kept{% endif +%}
y {{- ' z ' -}} w
{% raw %}{{ not run }} {% nor this %}{% endraw %}|{%- raw -%}  {# kept #}  {%- endraw -%}  |
a{% generation %}b{{ 1 }}{% set q = 1 %}{% endgeneration %}c{{ q }}
{{ raise_exception is defined }} {{ strftime_now('%d %b %Y %H') }} {{ strftime_now is defined }} {{ tools is none }} {{ documents is defined }} {{ add_generation_prompt }} {{ bos_token }}{{ eos_token }}{{ sep_token }}
{{ 'a' 'b' }} {{ [1, 2, ] }} {{ () }} {{ (1) }} {{ dict(a=1)['a'] }} {{ [[1, 2], [3]][0][1] }} {{ 'x' * 3 }} {{ [1] + [2] }} {{ 1_000 }} {{ 'abc' is defined and 'abc' | length == 3 }} {{ -1 | abs }} {{ 10 - 3 - 2 }} {{ 2 * 3 % 4 }} {{ 'a' ~ 'b' == 'ab' }}
{{ messages[0] | tojson }} {{ messages | length }} {{ messages[1:] | length }} {{ (messages | first).role }} {{ 'none' if messages[0].tool_calls is not defined else 1 }} {{ messages[0].items() | list }}
{{ 1 if true else 2 ~ 'x' }} {{ [x for_ in y] }}
{{ missing.attribute }}
{{ 'a' + 1 }}
{{ messages.append(1) }}
{{ [1, 2] | unknown_filter }}
{{ 1 is unknown_test }}
{{ missing_function(1) }}
{% include 'x' %}
{{ raise_exception('No: ' ~ 1) }}
{% for x in 5 %}{% endfor %}
{% set x.y = 1 %}
{{ 1 / 0 }}
{% if true %}
{{ 'open
"""


def rendered(template, **given):
    try:
        env = chat._compile_jinja_template(template)
        return {"text": env.render(tools=None, documents=None, **given)}
    except Exception as error:  # what the reference refuses, this program must too
        return {"error": type(error).__name__}


def conversation_texts(template):
    texts = []
    for number, messages in enumerate(CONVERSATIONS):
        for generation in (True, False):
            given = {"messages": messages, "add_generation_prompt": generation, **TOKENS}
            texts.append({"conversation": number, "generation_prompt": generation, **rendered(template, **given)})
    return texts


def write(path, document):
    document = {"made_by": "oracle/make_chat_goldens.py", "moment": 1773057600, "conversations": CONVERSATIONS,
                "tokens": TOKENS, **document}
    pathlib.Path(path).write_text(json.dumps(document, indent=1, ensure_ascii=True) + "\n")


def templates_of(folder):
    return sorted(pathlib.Path(folder).glob("*.jinja"))


def make_templates(path, sources):
    all_of = []
    for one in sources:
        source, folder = one.rsplit("=", 1)
        for file in templates_of(folder):
            text = file.read_text()
            all_of.append({"name": file.stem, "source": source, "template": text, "texts": conversation_texts(text)})
    write(path, {"templates": all_of})


def make_rules(path):
    rules = RULES.strip("\n").split("\n")
    joined, i = [], 0
    while i < len(rules):  # the templates of several lines
        count = {"{% set block %}": 2, "  {% if true %}": 7}.get(next((k for k in ("{% set block %}", "  {% if true %}") if rules[i].startswith(k)), ""), 1)
        joined.append("\n".join(rules[i:i + count]))
        i += count
    texts = []
    for template in joined:
        given = {"messages": CONVERSATIONS[3], "add_generation_prompt": True, **TOKENS}
        texts.append({"template": template, **rendered(template, **given)})
    write(path, {"rules": texts})


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "templates":
        make_templates(sys.argv[2], sys.argv[3:])
    elif len(sys.argv) == 3 and sys.argv[1] == "rules":
        make_rules(sys.argv[2])
    else:
        sys.exit(__doc__)
