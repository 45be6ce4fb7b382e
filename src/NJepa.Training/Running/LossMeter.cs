using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>Adds up loss terms on the device, without the steps that were blocked; the host waits for the device only when they are read.</summary>
internal sealed class LossMeter : IDisposable
{
    private const int Terms = 6;
    private readonly JepaModel _model;
    private readonly Tensor _sums;
    private readonly Tensor _off;
    private readonly Tensor _one;

    public LossMeter(JepaModel model)
    {
        _model = model;
        using DisposeScope scope = NewDisposeScope();
        Tensor Scalar(Tensor single) => single.select(0, 0).DetachFromDisposeScope();

        // After the terms, the steps that were added: which of them were blocked is known to the device alone.
        _sums = zeros(Terms + 1, dtype: ScalarType.Float64, device: model.Device).DetachFromDisposeScope();
        _off = Scalar(zeros(1, dtype: ScalarType.Float32, device: model.Device));
        _one = Scalar(ones(1, dtype: ScalarType.Float32, device: model.Device));
    }

    /// <summary>Steps since the last reading, blocked ones included.</summary>
    public long Steps { get; private set; }

    /// <summary>Adds a step.</summary>
    /// <param name="losses">Its losses.</param>
    /// <param name="blocked">A float32 scalar on the device: 1 leaves the step out. Null adds it.</param>
    public void Add(JepaLosses losses, Tensor? blocked = null)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor terms = stack([losses.Total, losses.CleanTeacher, losses.NoisyTeacher ?? _off, losses.NoisyClean ?? _off, losses.Variance ?? _off, losses.Covariance ?? _off, _one]);

        // Not a product: 0 times NaN is NaN.
        _sums.AddInPlace(blocked is null ? terms : where(blocked.logical_not(), terms, _off));
        Steps++;
    }

    /// <summary>The means over the steps since the last reset; NaN if there was none that counts. Waits for the device.</summary>
    /// <param name="reset">Whether to start anew.</param>
    public LossValues Read(bool reset = true)
    {
        using DisposeScope scope = NewDisposeScope();
        LossMeterState state = Save();
        if (reset)
        {
            _sums.zero_();
            Steps = 0;
        }

        double Mean(int term) => state.Sums[term] / state.Count;
        bool noisy = _model.HasNoisyPredictor, regularised = _model.Configuration.Recipe.VarianceCovariance.IsActive;
        return new LossValues(Mean(0), Mean(1), noisy ? Mean(2) : null, noisy ? Mean(3) : null, regularised ? Mean(4) : null, regularised ? Mean(5) : null);
    }

    /// <summary>What has been added up, exactly; waits for the device.</summary>
    public LossMeterState Save()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] sums = _sums.cpu().data<double>().ToArray();
        return new LossMeterState(sums[..Terms], (long)sums[Terms]);
    }

    /// <summary>Goes on from what <see cref="Save"/> gave.</summary>
    public void Load(LossMeterState state)
    {
        using DisposeScope scope = NewDisposeScope();
        _sums.copy_(tensor([.. state.Sums, state.Count]));
        Steps = state.Count;
    }

    public void Dispose()
    {
        _sums.Dispose();
        _off.Dispose();
        _one.Dispose();
    }
}
