using BenchmarkDotNet.Attributes;
using NJepa.Models;
using NJepa.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace NJepa.Benchmarks.Parts;

/// <summary>
/// What follows the backward pass of a step: AdamW, the teacher's moving average, gradients to zero. NJepa's flat buffers against TorchSharp's optimizer and loops over the same parameters.
/// Gradients are zero throughout: the arithmetic is the same, and the weights stay in range however often it runs.
/// </summary>
public class OptimizerStep
{
    private const double LearningRate = 1e-3;
    private const double WeightDecay = 0.04;
    private const double Momentum = 0.996;
    private static readonly Scalar Kept = Momentum.ToScalar();
    private static readonly Scalar Taken = (1 - Momentum).ToScalar();
    private readonly List<(Tensor Student, Tensor Teacher)> _pairs = [];
    private List<Parameter> _parameters = [];
    private FlatAdamW? _flat;
    private optim.Optimizer? _builtIn;

    /// <summary>The encoder; the predictor beside it is as small as can be, so that the parameters are about the encoder's.</summary>
    public ViT Encoder { get; set; } = ViT.Base16;

    internal JepaModel? Model { get; private set; }

    /// <summary>Builds the model and both optimizers over its parameters.</summary>
    [GlobalSetup]
    public void Setup()
    {
        NJepaRuntime.EnsureLoaded();
        Model = JepaBuilder.WithEncoder(Encoder).WithRecipe(JepaRecipe.IJepa).WithPredictor(new PredictorOptions { Width = 4, Depth = 1, Heads = 1 }).Build();
        _flat = new FlatAdamW(Model.Parameters);

        // The same memory as the flat optimizer's, one parameter each.
        using IDisposable noGradient = no_grad();
        var decayed = new List<Parameter>();
        var others = new List<Parameter>();
        foreach (ModelParameter parameter in Model.Parameters.Parameters)
        {
            (parameter.IsDecayed ? decayed : others).Add(new Parameter(parameter.Value.detach(), requires_grad: true) { grad = parameter.Gradient });
            string teacher = "target_" + parameter.Name;
            if (Model.TeacherParameters.Contains(teacher))
            {
                _pairs.Add((parameter.Value, Model.TeacherParameters[teacher].Value));
            }
        }

        _parameters = [.. decayed, .. others];
        _builtIn = optim.AdamW(
            [new AdamW.ParamGroup(decayed, lr: LearningRate, weight_decay: WeightDecay), new AdamW.ParamGroup(others, lr: LearningRate, weight_decay: 0)], LearningRate);
    }

    /// <summary>TorchSharp's AdamW, a loop for the moving average, and its <c>zero_grad</c>.</summary>
    [Benchmark(Baseline = true)]
    public float BuiltIn()
    {
        using DisposeScope scope = NewDisposeScope();
        _builtIn!.step();
        using (no_grad())
        {
            foreach ((Tensor student, Tensor teacher) in _pairs)
            {
                teacher.mul_(Kept).add_(student, Taken);
            }
        }

        _builtIn.zero_grad();
        return FirstWeight();
    }

    /// <summary>NJepa's, over flat buffers.</summary>
    [Benchmark]
    public float Flat()
    {
        _flat!.Step(LearningRate, WeightDecay);
        Model!.UpdateTeacher(Momentum);
        Model.Parameters.ZeroGradients();
        return FirstWeight();
    }

    /// <summary>Frees everything native.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _builtIn?.Dispose();
        _parameters.ForEach(parameter => parameter.Dispose());
        _parameters = [];
        _pairs.Clear();
        _flat?.Dispose();
        Model?.Dispose();
    }

    private float FirstWeight()
    {
        using Tensor first = Model!.Parameters.Values.narrow(0, 0, 1);
        return first.item<float>();
    }
}
