"""Terms of the losses against closed forms, integrals, slow twins and finite differences."""

import math

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck
from torch.distributions import Normal, kl_divergence

from hessmap.deep import losses
from hessmap.deep.methods import DIPVAE, Batch, BetaTCVAE, BetaVAE, FactorVAE, Networks

B, D = 40, 3


def drawn(seed=0, b=B, d=D, requires_grad=False):
    """Samples, means and logarithms of variances, float64."""
    generator = torch.Generator().manual_seed(seed)
    mean = torch.randn(b, d, generator=generator, dtype=torch.float64)
    log_variance = torch.randn(b, d, generator=generator, dtype=torch.float64) - 1
    noise = torch.randn(b, d, generator=generator, dtype=torch.float64)
    sample = mean + (0.5 * log_variance).exp() * noise
    found = sample, mean, log_variance
    return tuple(tensor.detach().requires_grad_(requires_grad) for tensor in found)


def test_kl_is_the_divergence_of_gaussians():
    _, mean, log_variance = drawn()
    posterior = Normal(mean, (0.5 * log_variance).exp())
    wanted = kl_divergence(posterior, Normal(torch.zeros(D), torch.ones(D))).sum(dim=1).mean()
    assert float(losses.kl_to_normal(mean, log_variance)) == pytest.approx(float(wanted), rel=1e-12)


def test_kl_of_one_known_gaussian():
    # N(1, e^2): (1 + e^2 - 2 - 1) / 2
    found = losses.kl_to_normal(torch.ones(1, 1), 2 * torch.ones(1, 1))
    assert float(found) == pytest.approx((math.e**2 - 2) / 2, rel=1e-6)


def test_misfit_is_the_likelihood_less_its_constant():
    _, rows, decoded = drawn(1)
    wanted = -Normal(decoded, 1.0).log_prob(rows).sum(dim=1).mean() - D / 2 * losses.LOG_2_PI
    assert float(losses.misfit(decoded, rows)) == pytest.approx(float(wanted), rel=1e-12)


def naive_total_correlation(sample, mean, log_variance):
    """Row by row and code by code."""
    deviation = np.exp(0.5 * log_variance)

    def density(at, m, s):
        return math.exp(-0.5 * ((at - m) / s) ** 2) / (s * math.sqrt(2 * math.pi))

    total = 0.0
    for z in sample:
        each = [
            [density(z[j], mean[i, j], deviation[i, j]) for j in range(len(z))]
            for i in range(len(mean))
        ]
        joint = np.mean([math.prod(row) for row in each])
        marginals = [np.mean([row[j] for row in each]) for j in range(len(z))]
        total += math.log(joint) - sum(map(math.log, marginals))
    return total / len(sample)


def test_total_correlation_against_the_slow_one():
    tensors = drawn(2)
    wanted = naive_total_correlation(*(tensor.numpy() for tensor in tensors))
    assert float(losses.total_correlation(*tensors)) == pytest.approx(wanted, rel=1e-10)


def test_total_correlation_of_a_known_mixture():
    """Two Gaussians on a diagonal: KL of the mixture to its marginals, by quadrature."""
    mean = torch.tensor([[-1.5, -1.5], [1.5, 1.5]], dtype=torch.float64)
    deviation = 0.7
    log_variance = torch.full((2, 2), 2 * math.log(deviation), dtype=torch.float64)
    axis = np.linspace(-8, 8, 1601)
    step = axis[1] - axis[0]
    bells = [
        np.exp(-0.5 * ((axis - m) / deviation) ** 2) / (deviation * math.sqrt(2 * math.pi))
        for m in (-1.5, 1.5)
    ]
    joint = 0.5 * (np.outer(bells[0], bells[0]) + np.outer(bells[1], bells[1]))
    marginal = 0.5 * (bells[0] + bells[1])
    ratio = np.log(joint / np.outer(marginal, marginal))
    wanted = float((joint * ratio).sum() * step**2)
    assert wanted == pytest.approx(math.log(2), abs=0.15)  # nearly one bit

    generator = torch.Generator().manual_seed(0)
    n = 40_000
    which = torch.randint(2, (n,), generator=generator)
    noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
    sample = mean[which] + deviation * noise
    found = float(losses.total_correlation(sample, mean, log_variance))
    assert found == pytest.approx(wanted, abs=0.01)


def test_total_correlation_of_one_gaussian_is_zero():
    sample, mean, log_variance = drawn(3, b=1)
    assert float(losses.total_correlation(sample, mean, log_variance)) == pytest.approx(0, abs=1e-9)


def test_density_ratio_of_the_best_discriminator_is_the_total_correlation():
    """Two Gaussian codes of correlation r: -log(1 - r^2) / 2."""
    r = 0.6
    generator = torch.Generator().manual_seed(0)
    u = torch.randn(200_000, 2, generator=generator, dtype=torch.float64)
    z = torch.stack([u[:, 0], r * u[:, 0] + math.sqrt(1 - r**2) * u[:, 1]], dim=1)
    joint = torch.distributions.MultivariateNormal(
        torch.zeros(2, dtype=torch.float64),
        torch.tensor([[1.0, r], [r, 1.0]], dtype=torch.float64),
    )
    logits = torch.stack([joint.log_prob(z), Normal(0.0, 1.0).log_prob(z).sum(dim=1)], dim=1)
    assert float(losses.density_ratio(logits)) == pytest.approx(-0.5 * math.log(1 - r**2), abs=0.01)


def test_discrimination_is_cross_entropy():
    generator = torch.Generator().manual_seed(0)
    real, fake = torch.randn(2, 30, 2, generator=generator)
    wanted = torch.nn.functional.cross_entropy(
        torch.cat([real, fake]), torch.tensor([0] * 30 + [1] * 30)
    )
    assert float(losses.discrimination(real, fake)) == pytest.approx(float(wanted), rel=1e-6)
    nothing = torch.zeros(5, 2)
    assert float(losses.discrimination(nothing, nothing)) == pytest.approx(math.log(2))


def test_shuffled_codes_keep_their_columns_and_lose_their_dependence():
    z = torch.randn(5000, 1, generator=torch.Generator().manual_seed(0)).repeat(1, 3)
    found = losses.shuffled_codes(z, torch.Generator().manual_seed(1))
    assert torch.equal(found.sort(dim=0).values, z.sort(dim=0).values)
    correlation = np.corrcoef(found.numpy().T)
    assert np.abs(correlation[~np.eye(3, dtype=bool)]).max() < 0.06


def test_covariances_of_known_codes():
    mean = torch.tensor([[1.0, 2.0], [-1.0, -2.0]], dtype=torch.float64)
    log_variance = torch.log(torch.tensor([[1.0, 3.0], [3.0, 5.0]], dtype=torch.float64))
    means = losses.covariance_of_means(mean).numpy()
    codes = losses.covariance_of_codes(mean, log_variance).numpy()
    np.testing.assert_allclose(means, [[1, 2], [2, 4]])
    np.testing.assert_allclose(codes, [[3, 2], [2, 8]])


def test_covariance_of_codes_is_that_of_drawn_codes():
    _, mean, log_variance = drawn(4, b=10)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(100_000, 10, D, generator=generator, dtype=torch.float64)
    z = (mean + (0.5 * log_variance).exp() * noise).reshape(-1, D).numpy()
    np.testing.assert_allclose(
        losses.covariance_of_codes(mean, log_variance), np.cov(z.T, bias=True), atol=0.02
    )


def test_penalty_of_a_known_covariance():
    covariance = torch.tensor([[3.0, 0.5], [0.5, 1.0]])
    # off the diagonal 2 x 0.25, on it 4
    assert float(losses.far_from_identity(covariance, 10.0, 2.0)) == pytest.approx(5.0 + 8.0)
    assert float(losses.far_from_identity(torch.eye(4), 10.0, 100.0)) == 0


def test_gradients():
    sample, mean, log_variance = drawn(5, b=6, requires_grad=True)
    assert gradcheck(losses.kl_to_normal, (mean, log_variance))
    assert gradcheck(losses.misfit, (sample, mean))
    assert gradcheck(losses.total_correlation, (sample, mean, log_variance))
    assert gradcheck(losses.discrimination, (sample[:, :2], mean[:, :2]))

    def of_means(m):
        return losses.far_from_identity(losses.covariance_of_means(m), 2.0, 3.0)

    def of_codes(m, v):
        return losses.far_from_identity(losses.covariance_of_codes(m, v), 2.0, 3.0)

    assert gradcheck(of_means, (mean,))
    assert gradcheck(of_codes, (mean, log_variance))


def a_batch(n_columns=5):
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(16, n_columns, generator=generator)
    return Batch(rows, None, torch.Generator().manual_seed(1), 0.5)


def networks_for(method, n_columns=5, d=2):
    torch.manual_seed(0)
    encoder = torch.nn.Linear(n_columns, method.n_outputs(d))
    decoder = torch.nn.Linear(d, n_columns)
    return Networks(encoder, decoder, method.helper(d), "float32")


def test_discriminator_and_codes_do_not_train_each_other():
    method = FactorVAE()
    networks = networks_for(method)
    terms = method.terms(networks, a_batch())
    terms["total_correlation"].backward(retain_graph=True)
    assert all(weight.grad is None for weight in networks.helper.parameters())
    assert networks.encoder.weight.grad.abs().max() > 0
    networks.zero_grad()
    terms["discriminator"].backward()
    assert networks.encoder.weight.grad is None
    assert all(weight.grad is not None for weight in networks.helper.parameters())


@pytest.mark.parametrize(
    ("method", "terms"),
    [
        (BetaVAE(3.0), {"misfit", "kl"}),
        (FactorVAE(), {"misfit", "kl", "total_correlation", "discriminator"}),
        (BetaTCVAE(), {"misfit", "kl", "total_correlation"}),
        (DIPVAE("means"), {"misfit", "kl", "covariance"}),
        (DIPVAE("codes"), {"misfit", "kl", "covariance"}),
    ],
)
def test_terms_of_variational_methods(method, terms):
    found = method.terms(networks_for(method), a_batch())
    assert set(found) == terms
    assert all(torch.isfinite(term) for term in found.values())


def test_weights_multiply_their_terms():
    one, many = BetaVAE(1.0), BetaVAE(4.0)
    networks = networks_for(one)
    with torch.no_grad():
        small, large = one.terms(networks, a_batch()), many.terms(networks, a_batch())
        alone = BetaTCVAE(1.0).terms(networks, a_batch())
    assert float(large["kl"]) == pytest.approx(4 * float(small["kl"]))
    assert float(large["misfit"]) == float(small["misfit"])
    # beta = 1 is the VAE: no weight is left for the total correlation
    assert float(alone["total_correlation"]) == 0
