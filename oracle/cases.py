"""The table of tiny models. Each family has at least two cases, with different switches on."""
import cases_2026
import cases_experts
import cases_gpt
import cases_latent
import cases_llama

CASES = cases_llama.CASES + cases_gpt.CASES + cases_2026.CASES + cases_experts.CASES + cases_latent.CASES
