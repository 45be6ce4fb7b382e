using System.Globalization;
using System.Runtime.InteropServices;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Training;

/// <summary>AdamW's moments as they were at one moment, in the host's memory, and the way back. Names are those of the parameters, after PyTorch's <c>exp_avg</c> and <c>exp_avg_sq</c>.</summary>
internal sealed class OptimizerSnapshot : IDisposable
{
    private const string First = "exp_avg.";
    private const string Second = "exp_avg_sq.";
    private const string StepsKey = "njepa.optimizer.steps";
    private readonly List<Tensor> _owned = [];
    private readonly List<(string Name, Tensor Value)> _tensors = [];
    private readonly long _steps;

    public OptimizerSnapshot(FlatAdamW optimizer, ParameterBuffer parameters)
    {
        _steps = optimizer.Steps;
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        try
        {
            Copy(First, optimizer.FirstMoment, parameters);
            Copy(Second, optimizer.SecondMoment, parameters);
        }
        catch (ExternalException exception)
        {
            Dispose();
            throw new InsufficientMemoryException(
                $"There is no memory for a copy of the optimizer's state ({8 * parameters.Count} bytes): {exception.Message.Split('\n')[0]} Free memory.", exception);
        }
    }

    public void Write(Stream destination) => SafetensorsFile.WriteTo(
        destination,
        _tensors.Select(tensor => KeyValuePair.Create(tensor.Name, tensor.Value)),
        new Dictionary<string, string> { ["format"] = "pt", [EncoderWeights.ContentKey] = "optimizer", [StepsKey] = _steps.ToString(CultureInfo.InvariantCulture) });

    /// <summary>Reads moments from a file. Either everything fits and is taken over, or nothing is changed.</summary>
    /// <exception cref="WeightsException">The file is damaged or does not fit.</exception>
    public static void Load(string path, FlatAdamW optimizer, ParameterBuffer parameters, long steps)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        var matches = new List<(Tensor Destination, Tensor Value)>();
        foreach ((string prefix, Tensor moments) in ((string, Tensor)[])[(First, optimizer.FirstMoment), (Second, optimizer.SecondMoment)])
        {
            foreach (ModelParameter parameter in parameters.Parameters)
            {
                string name = prefix + parameter.Name;
                if (file.Find(name) is not { } entry || !entry.Shape.SequenceEqual(parameter.Shape) || entry.Type != ScalarType.Float32)
                {
                    throw new WeightsException($"{path} does not hold '{name}' as float32 [{string.Join(",", parameter.Shape)}]; it is of another model. Nothing was loaded.");
                }

                matches.Add((moments.narrow(0, parameter.Offset, parameter.Count), file.Read(name).view(-1)));
            }
        }

        foreach ((Tensor destination, Tensor value) in matches)
        {
            destination.copy_(value);
        }

        optimizer.Restore(steps);
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _owned)
        {
            tensor.Dispose();
        }

        _owned.Clear();
    }

    private void Copy(string prefix, Tensor moments, ParameterBuffer parameters)
    {
        Tensor copy = Own(moments.to(CPU, copy: true));
        foreach (ModelParameter parameter in parameters.Parameters)
        {
            _tensors.Add((prefix + parameter.Name, Own(copy.narrow(0, parameter.Offset, parameter.Count).view([.. parameter.Shape]))));
        }
    }

    private Tensor Own(Tensor tensor)
    {
        Tensor kept = tensor.DetachFromDisposeScope();
        _owned.Add(kept);
        return kept;
    }
}
