"""The table of tiny models. Each family has at least two cases, with different switches on."""
import cases_2026
import cases_experts
import cases_gpt
import cases_hybrid
import cases_latent
import cases_llama
import cases_renamed
import cases_states

CASES = [case for table in (cases_llama, cases_gpt, cases_2026, cases_experts, cases_latent, cases_hybrid, cases_states,
                            cases_renamed)
         for case in table.CASES]
