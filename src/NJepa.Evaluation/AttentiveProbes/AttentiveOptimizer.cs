using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>AdamW (arXiv 1711.05101) of an <see cref="AttentiveNetwork"/>: each of its probes has a learning rate of its own.</summary>
internal sealed class AttentiveOptimizer : IDisposable
{
    private const double Epsilon = 1e-8;

    private readonly AttentiveNetwork _network;
    private readonly AttentiveProbeOptions _options;
    private readonly Tensor _ratesR11;
    private readonly Tensor[] _first;
    private readonly Tensor[] _second;
    private long _steps;

    public AttentiveOptimizer(AttentiveNetwork network, double[] rates, AttentiveProbeOptions options)
    {
        (_network, _options) = (network, options);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor query = network.Query;
        _ratesR11 = AlignedTensor.From(rates, rates.Length, 1, 1).to(query.dtype).to(query.device).DetachFromDisposeScope();
        _first = Array.ConvertAll(network.Parameters, parameter => zeros_like(parameter).DetachFromDisposeScope());
        _second = Array.ConvertAll(network.Parameters, parameter => zeros_like(parameter).DetachFromDisposeScope());
    }

    /// <summary>One step.</summary>
    /// <param name="gradients">The gradient of each parameter.</param>
    /// <param name="factor">What the learning rates are multiplied by in this step.</param>
    public void Step(IList<Tensor> gradients, double factor)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        _steps++;
        using Scalar beta1 = _options.Beta1.ToScalar(), rest1 = (1 - _options.Beta1).ToScalar(), beta2 = _options.Beta2.ToScalar(), rest2 = (1 - _options.Beta2).ToScalar();
        using Scalar correction = (1 / Math.Sqrt(1 - Math.Pow(_options.Beta2, _steps))).ToScalar(), one = 1.ToScalar(), epsilon = Epsilon.ToScalar();
        Tensor rates = _ratesR11.Times(factor), stepSizes = _ratesR11.Times(factor / (1 - Math.Pow(_options.Beta1, _steps)));
        Tensor[] parameters = _network.Parameters;
        for (int i = 0; i < parameters.Length; i++)
        {
            using DisposeScope each = NewDisposeScope();
            Tensor m = _first[i], v = _second[i], g = gradients[i];
            m.mul_(beta1).add_(g, rest1);
            v.mul_(beta2).addcmul_(g, g, rest2);
            if (AttentiveNetwork.IsDecayed(i) && _options.WeightDecay > 0)
            {
                parameters[i].sub_(parameters[i].mul(rates.Times(_options.WeightDecay)));
            }

            parameters[i].sub_(m.div(v.sqrt().mul_(correction).add_(epsilon, one)).mul_(stepSizes));
        }
    }

    public void Dispose()
    {
        _ratesR11.Dispose();
        Array.ForEach(_first, moment => moment.Dispose());
        Array.ForEach(_second, moment => moment.Dispose());
    }
}
