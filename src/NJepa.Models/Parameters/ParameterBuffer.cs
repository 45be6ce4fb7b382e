using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// All parameters of a model as views into one contiguous buffer (float32, unless it is the bfloat16 shadow of another), laid out [decayed | not decayed], with their gradients laid out alike.
/// The optimizer, the EMA, clearing gradients, the gradient norm and a checkpoint then each work on one tensor, whatever the number of parameters.
/// </summary>
/// <remarks>Not thread-safe. Dispose it to free the native memory; the parameters' tensors end with it.</remarks>
public sealed class ParameterBuffer : IDisposable
{
    private readonly Dictionary<string, ModelParameter> _byName;
    private readonly List<Tensor> _owned = [];
    private bool _disposed;

    /// <summary>Lays out <paramref name="specs"/> in the given order: every decayed parameter must come before the first that is not.</summary>
    /// <param name="specs">The parameters.</param>
    /// <param name="device">The device.</param>
    /// <param name="trainable">Whether they have gradients.</param>
    /// <param name="type">The element type.</param>
    /// <param name="cleared">Whether values start at zero; false where each is about to be read from a file, which would otherwise touch all memory twice.</param>
    internal ParameterBuffer(IReadOnlyList<ParameterSpec> specs, Device device, bool trainable, ScalarType type = ScalarType.Float32, bool cleared = true)
    {
        using IDisposable noGradient = no_grad();
        Count = specs.Sum(spec => spec.Count);
        DecayedCount = specs.TakeWhile(spec => spec.Decayed).Sum(spec => spec.Count);
        try
        {
            Values = Own(Allocate(Count, device, type, cleared));
            Gradients = trainable ? Own(Allocate(Count, device, type, cleared: true)) : null;
            var parameters = new List<ModelParameter>(specs.Count);
            long offset = 0;
            foreach (ParameterSpec spec in specs)
            {
                if (spec.Decayed != offset < DecayedCount)
                {
                    throw new InvalidOperationException($"{spec.Name} breaks the order [decayed | not decayed] of the parameter buffer.");
                }

                Tensor value = Own(View(Values, offset, spec));
                Tensor? gradient = null;
                if (Gradients is not null)
                {
                    gradient = Own(View(Gradients, offset, spec));
                    value.requires_grad = true;
                    value.grad = gradient;
                }

                parameters.Add(new ModelParameter(spec.Name, spec.Shape, offset, spec.Decayed, value, gradient));
                offset += spec.Count;
            }

            Parameters = parameters;
            _byName = parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Number of elements of all parameters together.</summary>
    public long Count { get; }

    /// <summary>Number of elements at the buffer's start to which weight decay applies.</summary>
    public long DecayedCount { get; }

    /// <summary>All values, <c>[Count]</c> float32. Changing them in place (outside of a forward and backward pass) changes the model.</summary>
    public Tensor Values { get; }

    /// <summary>All gradients, <c>[Count]</c> float32; backward passes add to them. Null when the parameters are not trained (the teacher's).</summary>
    public Tensor? Gradients { get; }

    /// <summary>The parameters in the buffer's order.</summary>
    public IReadOnlyList<ModelParameter> Parameters { get; }

    /// <summary>The parameter of the given name.</summary>
    /// <param name="name">A name such as <c>predictor.mask_token</c>.</param>
    /// <exception cref="KeyNotFoundException">There is no parameter of that name.</exception>
    public ModelParameter this[string name] => _byName.TryGetValue(name, out ModelParameter? parameter)
        ? parameter
        : throw new KeyNotFoundException($"There is no parameter '{name}' among {Parameters.Count}, from '{Parameters[0].Name}' to '{Parameters[^1].Name}'.");

    /// <summary>Whether the buffer holds a parameter of that name.</summary>
    /// <param name="name">A name such as <c>predictor.mask_token</c>.</param>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>Sets all gradients to zero with one native call.</summary>
    /// <exception cref="InvalidOperationException">The parameters are not trained and have no gradients.</exception>
    public void ZeroGradients()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);

        // zero_ returns another handle to the same memory.
        using DisposeScope scope = NewDisposeScope();
        (Gradients ?? throw new InvalidOperationException("These parameters are not trained and have no gradients.")).zero_();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }
    }

    private static Tensor Allocate(long count, Device device, ScalarType type, bool cleared)
    {
        try
        {
            return cleared ? zeros(count, dtype: type, device: device) : empty(count, dtype: type, device: device);
        }
        catch (ExternalException exception)
        {
            throw new InsufficientMemoryException(
                $"{count} parameters need {count * (type == ScalarType.Float32 ? sizeof(float) : sizeof(short))} bytes on {device}, which could not be allocated. Choose a smaller network or free memory there.", exception);
        }
    }

    private static Tensor View(Tensor buffer, long offset, ParameterSpec spec)
    {
        using Tensor flat = buffer.narrow(0, offset, spec.Count);
        return flat.view(spec.Shape);
    }

    // A buffer outlives whatever dispose scope it is built in.
    private Tensor Own(Tensor tensor)
    {
        Tensor kept = tensor.DetachFromDisposeScope();
        _owned.Add(kept);
        return kept;
    }
}
