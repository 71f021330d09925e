"""The table of tiny models. Each family has at least two cases, with different switches on."""
import cases_gpt
import cases_llama

CASES = cases_llama.CASES + cases_gpt.CASES
