using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>Adds up loss terms on the device; the host waits for the device only when they are read.</summary>
internal sealed class LossMeter : IDisposable
{
    private const int Terms = 6;
    private readonly JepaModel _model;
    private readonly Tensor _sums;
    private readonly Tensor _off;

    public LossMeter(JepaModel model)
    {
        _model = model;
        _sums = zeros(Terms, dtype: ScalarType.Float64, device: model.Device).DetachFromDisposeScope();
        _off = tensor(0f, device: model.Device).DetachFromDisposeScope();
    }

    public int Steps { get; private set; }

    public void Add(JepaLosses losses)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        _sums.AddInPlace(stack([losses.Total, losses.CleanTeacher, losses.NoisyTeacher ?? _off, losses.NoisyClean ?? _off, losses.Variance ?? _off, losses.Covariance ?? _off]));
        Steps++;
    }

    /// <summary>The sums so far, in full.</summary>
    public LossMeterState Save()
    {
        using DisposeScope scope = NewDisposeScope();
        return new LossMeterState(_sums.cpu().data<double>().ToArray(), Steps);
    }

    /// <summary>Goes on from saved sums.</summary>
    public void Load(LossMeterState state)
    {
        using DisposeScope scope = NewDisposeScope();
        _sums.copy_(tensor(state.Sums));
        Steps = (int)state.Steps;
    }

    /// <summary>The means since the last call that reset them.</summary>
    public LossValues Read(bool reset)
    {
        using DisposeScope scope = NewDisposeScope();
        double[] means = _sums.DividedBy(Steps).cpu().data<double>().ToArray();
        if (reset)
        {
            _sums.zero_();
            Steps = 0;
        }

        bool noisy = _model.HasNoisyPredictor, regularised = _model.Configuration.Recipe.VarianceCovariance.IsActive;
        return new LossValues(means[0], means[1], noisy ? means[2] : null, noisy ? means[3] : null, regularised ? means[4] : null, regularised ? means[5] : null);
    }

    public void Dispose()
    {
        _sums.Dispose();
        _off.Dispose();
    }
}
