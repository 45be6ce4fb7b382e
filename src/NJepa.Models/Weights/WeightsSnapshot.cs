using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// A model's weights as they were at one moment, copied to the host's memory: they can be written on another thread while the model trains on. Two native copies whatever the number of
/// parameters, and as many bytes as student, predictors and teacher have.
/// </summary>
/// <remarks>Dispose it to free the copy. It may be used from another thread than the model's, but from one at a time.</remarks>
public sealed class WeightsSnapshot : IDisposable
{
    private readonly List<(string Name, Tensor Value)> _tensors = [];
    private readonly List<Tensor> _owned = [];
    private readonly Dictionary<string, string> _metadata;
    private bool _disposed;

    internal WeightsSnapshot(JepaModel model)
    {
        _metadata = JepaWeights.Metadata(model.Configuration);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        try
        {
            Copy(model.Parameters);
            Copy(model.TeacherParameters);
            foreach ((string name, Tensor value) in JepaWeights.Tables(model))
            {
                _tensors.Add((name, Own(value.cpu().clone())));
            }
        }
        catch (ExternalException exception)
        {
            Dispose();
            throw new InsufficientMemoryException(
                $"There is no memory for a copy of the weights ({4 * (model.Parameters.Count + model.TeacherParameters.Count)} bytes): {exception.Message.Split('\n')[0]} Free memory, or save with JepaModel.SaveWeights, which needs no copy.", exception);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Writes the weights as safetensors, under the names of <see cref="JepaModel.SaveWeights"/>; <see cref="JepaModel.LoadWeights"/> loads them.</summary>
    /// <param name="destination">Receives the bytes; it is neither flushed nor closed.</param>
    /// <exception cref="IOException">The stream cannot be written to.</exception>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed.</exception>
    public void Write(Stream destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SafetensorsFile.WriteTo(destination, _tensors.Select(tensor => KeyValuePair.Create(tensor.Name, tensor.Value)), _metadata);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        foreach (Tensor tensor in _owned)
        {
            tensor.Dispose();
        }

        _owned.Clear();
    }

    private void Copy(ParameterBuffer parameters)
    {
        Tensor values = Own(parameters.Values.detach().to(CPU, copy: true));
        foreach (ModelParameter parameter in parameters.Parameters)
        {
            _tensors.Add((parameter.Name, Own(values.narrow(0, parameter.Offset, parameter.Value.NumberOfElements).view(parameter.Value.shape))));
        }
    }

    private Tensor Own(Tensor tensor)
    {
        Tensor kept = tensor.DetachFromDisposeScope();
        _owned.Add(kept);
        return kept;
    }
}
