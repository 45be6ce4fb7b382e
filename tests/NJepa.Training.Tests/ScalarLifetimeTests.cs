using System.Reflection;
using Mono.Cecil;
using NJepa.Evaluation;
using NJepa.Models;
using NJepa.Onnx;
using TorchSharp;

namespace NJepa.Training.Tests;

/// <summary>
/// TorchSharp frees the scalars that it makes itself whenever the garbage collector runs, even while native code reads them. So no library may call an operation that makes
/// scalars, directly or through others, nor make one without `using`; TensorArithmetic has what is needed instead. This reads the compiled code.
/// </summary>
public sealed class ScalarLifetimeTests
{
    private const string Remedy = "use TensorArithmetic, which keeps its scalars alive";

    [Fact]
    public void No_library_calls_an_operation_that_makes_scalars()
    {
        HashSet<string> unsafeOperations = UnsafeOperations();
        unsafeOperations.Should().Contain(name => name.Contains("Tensor::op_Addition(TorchSharp.torch/Tensor,TorchSharp.torch/Tensor)"));
        unsafeOperations.Should().NotContain(name => name.Contains("functional::linear("));

        string[] offenders =
        [
            .. from assembly in new[] { typeof(JepaModel).Assembly, typeof(JepaTrainer).Assembly, typeof(FeatureExtractor).Assembly, typeof(OnnxExport).Assembly }
               from method in Methods(assembly)
               where method.DeclaringType.Name != "TensorArithmetic"
               // A scope and a gradient switch are disposed as well; what is left of the calls of Dispose is for scalars.
               let held = Calls(method).Count(call => call.Name == "Dispose") - Calls(method).Count(call => call.Name is "NewDisposeScope" or "no_grad" or "inference_mode")
               from call in Calls(method)
               where (MakesScalar(call) && held < Calls(method).Count(MakesScalar)) || unsafeOperations.Contains(call.FullName)
               select $"{method.DeclaringType.Name}.{method.Name} calls {call.DeclaringType.Name}.{call.Name}; {Remedy}",
        ];
        offenders.Should().BeEmpty();
    }

    // Everything in TorchSharp that makes a scalar, or calls something that does.
    private static HashSet<string> UnsafeOperations()
    {
        List<MethodDefinition> methods = Methods(typeof(torch).Assembly).Where(method => method.DeclaringType.Name != "Scalar").ToList();
        ILookup<string, string> callers = methods.SelectMany(method => Calls(method).Select(call => (Caller: method.FullName, Callee: call.FullName))).ToLookup(pair => pair.Callee, pair => pair.Caller);
        var found = methods.Where(method => !MakesScalar(method) && Calls(method).Any(MakesScalar)).Select(method => method.FullName).ToHashSet();
        var open = new Queue<string>(found);
        while (open.TryDequeue(out string? callee))
        {
            foreach (string caller in callers[callee].Where(found.Add))
            {
                open.Enqueue(caller);
            }
        }

        // Scripts are called with scalars of our own; only numbers would be turned into new ones.
        found.RemoveWhere(name => name.Contains("torch/jit", StringComparison.Ordinal));
        return found;
    }

    private static bool MakesScalar(MethodReference method) =>
        method.Name == "ToScalar" || (method.DeclaringType.Name == "Scalar" && method.Name is ".ctor" or "op_Implicit" && method.FullName.Contains("TorchSharp.Scalar", StringComparison.Ordinal));

    private static IEnumerable<MethodReference> Calls(MethodDefinition method) => method.Body.Instructions.Select(instruction => instruction.Operand).OfType<MethodReference>();

    private static IEnumerable<MethodDefinition> Methods(Assembly assembly)
    {
        static IEnumerable<TypeDefinition> WithNested(TypeDefinition type) => type.NestedTypes.SelectMany(WithNested).Prepend(type);
        return ModuleDefinition.ReadModule(assembly.Location).Types.SelectMany(WithNested).SelectMany(type => type.Methods).Where(method => method.HasBody);
    }
}
