// The linear algebra of the impedance law and of its gain check, on fixed sizes: no heap, no lock.
#ifndef KERNELS_IMPEDANCE_H
#define KERNELS_IMPEDANCE_H

#ifdef __cplusplus
extern "C" {
#endif

// The promise to the Swift compiler that a function neither locks nor allocates.
#define IMPEDANCE_REALTIME __attribute__((swift_attr("@_noLocks")))

// out = N·torque with N = I − Jᵀ(J·Jᵀ + λ²I)⁻¹J, for the row-major 6×7 Jacobian J and
// λ = damping > 0.
// This is I − Jᵀ(Jᵀ)⁺ with the damped pseudo-inverse s/(s² + λ²) of each singular value s.
// torque and out may be the same memory.
IMPEDANCE_REALTIME void impedance_project_nullspace(
    const double *jacobian, double damping, const double *torque, double *out);

// ρ = the largest eigenvalue of M⁻¹(Jᵀ·diag(D)·J + d·N) [1/s] for the row-major 7×7 mass matrix
// M, the six damping values D, the nullspace damping d and N as above.
// Returns a negative number when M is not positive definite.
double impedance_damping_rate(
    const double *mass, const double *jacobian, const double *damping, double nullspace_damping,
    double projector_damping);

#ifdef __cplusplus
}
#endif

#endif
