#include "impedance.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>

namespace {

using Jacobian = Eigen::Matrix<double, 6, 7, Eigen::RowMajor>;
using Square6 = Eigen::Matrix<double, 6, 6>;
using Square7 = Eigen::Matrix<double, 7, 7>;
using Vector6 = Eigen::Matrix<double, 6, 1>;
using Vector7 = Eigen::Matrix<double, 7, 1>;

Eigen::LLT<Square6> factor(const Jacobian &j, double damping) {
  Square6 gram = Square6::Identity() * (damping * damping);
  gram.noalias() += j * j.transpose();
  return gram.llt();
}

}  // namespace

void impedance_project_nullspace(
    const double *jacobian, double damping, const double *torque, double *out) {
  Eigen::Map<const Jacobian> j(jacobian);
  Eigen::Map<const Vector7> asked(torque);
  Vector6 task = j * asked;
  factor(j, damping).solveInPlace(task);
  Eigen::Map<Vector7> result(out);
  result = asked - j.transpose() * task;
}

double impedance_damping_rate(
    const double *mass, const double *jacobian, const double *damping, double nullspace_damping,
    double projector_damping) {
  Eigen::Map<const Jacobian> j(jacobian);
  Eigen::Map<const Vector6> d(damping);
  Square7 m = Eigen::Map<const Square7>(mass);
  m = (0.5 * (m + m.transpose())).eval();
  Eigen::LLT<Square7> mass_factor(m);
  if (mass_factor.info() != Eigen::Success || !m.allFinite()) return -1;
  Square7 nullspace = Square7::Identity() - j.transpose() * factor(j, projector_damping).solve(j);
  Square7 b = j.transpose() * d.asDiagonal() * j + nullspace_damping * nullspace;
  b = (0.5 * (b + b.transpose())).eval();
  Eigen::GeneralizedSelfAdjointEigenSolver<Square7> pencil(b, m, Eigen::EigenvaluesOnly);
  return pencil.info() == Eigen::Success ? pencil.eigenvalues().maxCoeff() : -1;
}
