"""The table of tiny models. Each family has at least two cases, with different switches on."""
import cases_2026
import cases_gpt
import cases_llama

CASES = cases_llama.CASES + cases_gpt.CASES + cases_2026.CASES
