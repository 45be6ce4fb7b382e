using NJepa.Evaluation;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>A copy of the weights after the epoch that validated best so far; of equals the latest.</summary>
internal sealed class BestWeights(ParameterBuffer parameters) : IDisposable
{
    private Tensor? _values;

    /// <summary>The epoch that the copy is of; 0 without one.</summary>
    public int Epoch { get; private set; }

    /// <summary>What its validation gave; null without one.</summary>
    public ClassificationResult? Validation { get; private set; }

    /// <summary>Copies the weights as they stand if their validation is no worse than the best before.</summary>
    public void Offer(ClassificationResult validation, int epoch)
    {
        if (validation.Accuracy < Validation?.Accuracy)
        {
            return;
        }

        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        _values ??= empty_like(parameters.Values).DetachFromDisposeScope();
        _values.copy_(parameters.Values);
        (Validation, Epoch) = (validation, epoch);
    }

    /// <summary>Makes something of the best weights, or without any of those as they stand, by way of the buffer itself, which then goes on from where it was: a cancelled run may go on.</summary>
    public T Use<T>(Func<T> make)
    {
        if (_values is null)
        {
            return make();
        }

        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor current = parameters.Values.clone();
        parameters.Values.copy_(_values);
        try
        {
            return make();
        }
        finally
        {
            parameters.Values.copy_(current);
        }
    }

    public void Dispose() => _values?.Dispose();
}
