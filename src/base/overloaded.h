// Overloaded: lambdas as the cases of std::visit.
#pragma once

namespace sg {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace sg
